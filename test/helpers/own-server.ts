import { afterAll, beforeAll } from 'vitest';
import { PostgresDatabase } from './postgres-database.ts';
import { PostgresServer } from './postgres-server.ts';

/** A server that nobody but one test file uses, and a database in it. */
export interface OwnServer {
  readonly server: PostgresServer;
  readonly database: PostgresDatabase;
}

/** For a test file that crashes its server. To be called at its top; what is returned can be used once its tests, or later `beforeAll`s, run. */
export function ownServer(): OwnServer {
  const own: { server?: PostgresServer; database?: PostgresDatabase } = {};
  beforeAll(async () => {
    own.server = await PostgresServer.start();
    own.database = await PostgresDatabase.create(own.server.url);
  });
  afterAll(() => own.server?.[Symbol.asyncDispose]());
  return own as OwnServer;
}
