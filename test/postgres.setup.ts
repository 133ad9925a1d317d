/** One PostgreSQL server for all tests of a run that need one, or the one that TEST_PG_URL names. */
import type { TestProject } from 'vitest/node';
import { PostgresServer } from './helpers/postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a role that may create databases and roles. */
    postgresUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_PG_URL'];
  if (given !== undefined) {
    project.provide('postgresUrl', given);
    return async () => undefined;
  }
  const server = await PostgresServer.start();
  project.provide('postgresUrl', server.url);
  return () => server[Symbol.asyncDispose]();
}
