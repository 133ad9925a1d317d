/** The OpenAPI document, made from the table of routes and the schemas that check requests. */
import { z } from 'zod';
import { type ErrorCode, errorTable } from '../runtime/errors.ts';
import { problem, trouble } from './wire/basics.ts';
import { count, distribution } from './wire/counts.ts';
import { dataset } from './wire/datasets.ts';
import { events } from './wire/events.ts';
import { preview, upload } from './wire/imports.ts';
import { row, story } from './wire/rows.ts';
import { chunk, reject, run } from './wire/runs.ts';
import { session } from './wire/session.ts';
import { file, importProgress, source } from './wire/sources.ts';
import { status, throughput } from './wire/status.ts';
import { commonProblems, type RouteName, type RouteSpec, routes } from './wire/routes.ts';

type Json = Readonly<Record<string, unknown>>;

/** What answers are made of, under the names that they have in the document. */
const named: Readonly<Record<string, z.ZodType>> = {
  ...{ Problem: problem, Trouble: trouble, Dataset: dataset, Row: row, Story: story },
  ...{ Count: count, Distribution: distribution, Run: run, Chunk: chunk, Reject: reject },
  ...{ Source: source, File: file, ImportProgress: importProgress, Status: status },
  ...{ Throughput: throughput, Session: session, Upload: upload, Preview: preview },
};

/** @param names of the routes that are answered */
export function openApiDocument(version: string, names: readonly RouteName[]): Json {
  const components = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) components.add(schema, { id });
  for (const [name, schema] of Object.entries(events))
    if (!components.has(schema)) components.add(schema, { id: eventId(name) });
  for (const name of names) {
    for (const [code, schema] of Object.entries((routes[name] as RouteSpec).answers))
      if (schema instanceof z.ZodType && !components.has(schema))
        components.add(schema, { id: `${name}_${code}` });
  }
  const ref = (schema: z.ZodType): Json => ({ $ref: uri(String(components.get(schema)?.id)) });
  const paths: Record<string, Record<string, Json>> = {};
  for (const name of names) {
    const spec: RouteSpec = routes[name];
    (paths[spec.path] ??= {})[spec.method.toLowerCase()] = operation(name, spec, ref);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Longhaul',
      version,
      description:
        'What a master answers. Lists are paged: hand `next` of a page back as `after`. Problems are those of RFC 9457; their codes are explained in docs/reference/errors.md. Times are milliseconds since 1970.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: cleaned(z.toJSONSchema(components, { uri }).schemas),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{}, { token: [] }],
  };
}

const uri = (id: string): string => `#/components/schemas/${id}`;

/** `source_removed` is `SourceRemovedEvent`. */
function eventId(name: string): string {
  const words = name.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Event`;
}

function operation(name: RouteName, spec: RouteSpec, ref: (schema: z.ZodType) => Json): Json {
  const { summary, params, query, headers, body } = spec;
  const parameters = [
    ...parametersOf('path', params),
    ...parametersOf('query', query),
    ...parametersOf('header', headers),
  ];
  const content =
    body === 'bytes'
      ? { 'application/octet-stream': {} }
      : body && { 'application/json': { schema: cleaned(z.toJSONSchema(body, { io: 'input' })) } };
  return {
    operationId: name,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: { ...answersOf(spec, ref), ...problemsOf(spec, ref) },
  };
}

function parametersOf(where: 'path' | 'query' | 'header', schema: z.ZodObject | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, each]) => ({
    ...{ name, in: where, required: where === 'path' || required.includes(name) },
    schema: cleaned(each),
  }));
}

const meanings: Readonly<Record<string, string>> = {
  200: 'as asked for',
  201: 'it is there now',
  202: 'taken on; it is done soon',
  204: 'done; there is nothing to tell',
  304: 'it is as it was: see If-None-Match',
};

function answersOf({ answers }: RouteSpec, ref: (schema: z.ZodType) => Json): Json {
  return Object.fromEntries(
    Object.entries(answers).map(([code, schema]) => {
      const description = meanings[code];
      if (schema === null) return [code, { description }];
      if (typeof schema === 'string')
        return [code, { description, content: { [schema]: { schema: { type: 'string' } } } }];
      return [code, { description, content: { 'application/json': { schema: ref(schema) } } }];
    }),
  );
}

/** Codes of the error table that a route can answer, by their status. */
export function problemCodes({ problems }: RouteSpec): Map<number, ErrorCode[]> {
  const codes = [...new Set([...problems, ...commonProblems])] as ErrorCode[];
  return Map.groupBy(codes, (code) => errorTable[code].httpStatus);
}

function problemsOf(spec: RouteSpec, ref: (schema: z.ZodType) => Json): Json {
  const content = { 'application/problem+json': { schema: ref(problem) } };
  return Object.fromEntries(
    Array.from(problemCodes(spec), ([httpStatus, codes]) => [
      httpStatus,
      { description: codes.join(', '), content },
    ]),
  );
}

/** Without what only says how JSON Schemas are put into one document, and that an integer is one that JSON can hold. */
function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([name, each]) =>
      !(name === '$schema' || name === '$id' || Math.abs(each as number) === Number.MAX_SAFE_INTEGER),
  );
  return Object.fromEntries(entries.map(([name, each]) => [name, cleaned(each)]));
}
