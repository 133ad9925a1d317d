/** docs/reference/api.md: the table of routes, and what answers hold, with the comments of src/api/wire. */
import { readdirSync, readFileSync } from 'node:fs';
import { openApiDocument } from '../../src/api/openapi.ts';
import type { RouteName } from '../../src/api/wire/routes.ts';
import { commonProblems, routes } from '../../src/api/wire/routes.ts';
import { cell, code, written } from './markdown.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: string | number | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly default?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}
interface Operation {
  readonly operationId: RouteName;
  readonly summary: string;
  readonly parameters?: readonly { name: string; in: string; schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<
    Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
  >;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** @param root the folder of package.json */
export function apiPage(root: string): string {
  const names = Object.keys(routes) as RouteName[];
  const { paths, components } = openApiDocument('0', names) as unknown as Document;
  const comments = commentsOf(`${root}/src/api/wire`);
  const pages = Object.entries(components.schemas).filter(
    ([name]) => !name.endsWith('Event') && !/_\d+$/.test(name),
  );
  const events = Object.entries(components.schemas).filter(([name]) => name.endsWith('Event'));
  return [
    '# The HTTP API of a master',
    written,
    '',
    'A running master describes the same at `/api/openapi.json`. Lists have `items` and `next`: hand `next` back as `after` for the page behind it; `null`',
    'says that this was the last. Times are milliseconds since 1970. `ETag` of a row is its hash: `If-Match` makes an edit of that row only, `If-None-Match`',
    'asks whether it is another one by now. What is refused is told as `application/problem+json` with a code of [errors.md](errors.md); each route can answer',
    `${commonProblems.map(code).join(', ')} besides its own.`,
    ...Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, operation]) => section(method, path, operation, comments)),
    ),
    '',
    '# What answers hold',
    ...[...pages, ...events].flatMap(([name, schema]) => schemaSection(name, schema, comments)),
    '',
  ].join('\n');
}

function section(
  method: string,
  path: string,
  { operationId, summary, ...rest }: Operation,
  comments: ReadonlyMap<string, string>,
): string[] {
  const { parameters = [], requestBody, responses } = rest;
  const asked = parameters.filter((parameter) => parameter.in !== 'path');
  const [body] = Object.entries(requestBody?.content ?? {});
  const answers = Object.entries(responses).filter(([status]) => Number(status) < 400);
  const own: readonly string[] = routes[operationId].problems;
  return [
    '',
    `## ${code(`${method.toUpperCase()} ${path}`)}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    ...asked.map(({ name, in: where, schema }) => {
      const meaning = comments.get(`${operationId}Query.${name}`);
      return `* ${where} ${code(name)}: ${typeText(schema)}${limits(schema)}${meaning === undefined ? '' : `. ${meaning}`}`;
    }),
    ...(body === undefined
      ? []
      : [`* body: ${body[1].schema === undefined ? 'the bytes of the file' : fieldsText(body[1].schema)}`]),
    ...answers.map(([status, { description, content }]) => {
      const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(content ?? {});
      const what = type === '' ? description : type === 'application/json' ? typeText(schema) : code(type);
      return `* ${status}: ${what}`;
    }),
    ...(own.length === 0 ? [] : [`* refused: ${own.map(code).join(', ')}`]),
  ];
}

function limits({ default: fallback, minimum, maximum, maxLength }: Schema): string {
  const parts = [
    ...(fallback === undefined ? [] : [`${String(fallback)} unless told`]),
    ...(maximum === undefined ? [] : [`${minimum ?? 0} to ${maximum}`]),
    ...(maxLength === undefined ? [] : [`${maxLength} characters at most`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

function fieldsText({ properties = {} }: Schema): string {
  return Object.entries(properties)
    .map(([name, schema]) => `${code(name)} ${typeText(schema)}`)
    .join(', ');
}

function typeText(schema: Schema): string {
  const { $ref, anyOf, oneOf, items, properties, type } = schema;
  if ($ref !== undefined) return refText($ref);
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.const !== undefined) return code(String(schema.const));
  const several = anyOf ?? oneOf;
  if (several !== undefined) return several.map(typeText).join(' or ');
  if (items !== undefined) return `list of ${typeText(items)}`;
  if (properties !== undefined) return `{ ${fieldsText(schema)} }`;
  return [type ?? 'anything'].flat().join(' or ');
}

/** A page of a list is what it is a page of. */
function refText(ref: string): string {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  return /_\d+$/.test(name) ? `a page of ${name.replace(/_\d+$/, '')}` : `[${name}](#${name.toLowerCase()})`;
}

function schemaSection(name: string, schema: Schema, comments: ReadonlyMap<string, string>): string[] {
  const { properties, anyOf, oneOf } = schema;
  if (properties === undefined)
    return ['', `## ${name}`, '', (anyOf ?? oneOf ?? [schema]).map(typeText).join(' or ')];
  const about = name.replace(/Event$/, '');
  const own = `${about.charAt(0).toLowerCase()}${about.slice(1)}`;
  const rows = Object.entries(properties).map(
    ([field, each]) =>
      `| ${code(field)} | ${cell(typeText(each))} | ${cell(comments.get(`${own}.${field}`) ?? '')} |`,
  );
  return ['', `## ${name}`, '', '| field | type | meaning |', '|---|---|---|', ...rows];
}

/** The comments before the fields of schemas, by `schema.field`. */
function commentsOf(folder: string): Map<string, string> {
  const comments = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    let schema = '';
    let comment = '';
    for (const line of readFileSync(`${folder}/${file}`, 'utf8').split('\n')) {
      schema = /^(?:export )?const (\w+) =/.exec(line)?.[1] ?? schema;
      const field = /^ {2}'?([\w-]+)'?:/.exec(line)?.[1];
      if (field !== undefined && comment !== '') comments.set(`${schema}.${field}`, comment.trim());
      const said = /^\s*(?:\/\*\*|\*)(?!\/)\s?(.*?)(?:\*\/)?$/.exec(line)?.[1];
      comment =
        said === undefined
          ? line.trim() === '*/'
            ? comment
            : ''
          : `${line.includes('/**') ? '' : comment} ${said.trim()}`.trim();
    }
  }
  return comments;
}
