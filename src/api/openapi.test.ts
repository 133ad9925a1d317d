import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { openApiDocument, problemCodes } from './openapi.ts';
import { addresses } from './wire/addresses.ts';
import { type RouteName, type RouteSpec, routes } from './wire/routes.ts';

const names = Object.keys(routes) as RouteName[];
const document = openApiDocument('1.2.3', names) as unknown as {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
};

test('the document is OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  const broken = structuredClone(document);
  delete broken.paths['/api/status']!['get']!.responses['200'];
  broken.paths['/api/status']!['get']!.responses['two hundred'] = {};
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

test('every route is in it once, with all that it can answer', () => {
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`,
    ),
  );
  const expected = Object.entries(addresses).map(([name, { method, path }]) => `${name} ${method} ${path}`);
  expect(described.toSorted()).toEqual(expected.toSorted());
  for (const name of names) {
    const spec: RouteSpec = routes[name];
    const { responses } = document.paths[spec.path]![spec.method.toLowerCase()]!;
    const statuses = [...Object.keys(spec.answers), ...Array.from(problemCodes(spec).keys(), String)];
    expect(Object.keys(responses).toSorted()).toEqual([...new Set(statuses)].toSorted());
  }
});
