/** The part of the error table that is about database servers. `database`: the URL without its password. */
import { entry } from './error-entry.ts';

export interface InDatabase {
  readonly database: string;
}
export interface Told extends InDatabase {
  /** In the server's or the system's own words. */
  readonly reason: string;
}

export const serverErrors = {
  server_unreachable: entry<Told>(
    503,
    (f) => `${f.database}: the server cannot be reached (${f.reason})`,
    () => 'see whether PostgreSQL runs there, and whether host and port are right',
    true,
  ),
  server_too_old: entry<InDatabase & { found: string; needed: number }>(
    422,
    (f) => `${f.database}: is PostgreSQL ${f.found}, and ${f.needed} or newer is needed`,
    (f) => `use a server of PostgreSQL ${f.needed} or newer`,
  ),
  server_not_utf8: entry<InDatabase & { encoding: string }>(
    422,
    (f) => `${f.database}: stores text as ${f.encoding}, which cannot hold every character`,
    () => 'make another one: createdb --encoding=UTF8 --template=template0 NAME',
  ),
  login_refused: entry<Told>(
    401,
    (f) => `${f.database}: the server refuses the login (${f.reason})`,
    () =>
      'check user and password; PGPASSWORD or ~/.pgpass can hold the password, so that it is not seen in the list of processes',
  ),
  server_database_missing: entry<InDatabase & { name: string }>(
    404,
    (f) => `${f.database}: the server has no database "${f.name}"`,
    (f) => `create it: createdb ${f.name}; longhaul makes its tables in it by itself`,
  ),
  schema_missing: entry<InDatabase>(
    404,
    (f) => `${f.database}: none of the schemas in the role's search_path is there`,
    () => 'name one at the end of the URL: ?schema=NAME; "longhaul init" and "longhaul import" create it',
  ),
  tables_missing: entry<InDatabase & { schema: string }>(
    404,
    (f) => `${f.database}: longhaul has no tables in the schema "${f.schema}"`,
    () =>
      '"longhaul init" creates them, and so does the first "longhaul import"; ?schema=NAME names another schema',
  ),
  not_allowed: entry<Told & { role: string; remedy: string }>(
    403,
    (f) => `${f.database}: the role "${f.role}" may not do that (${f.reason})`,
    (f) => `have the database's owner run: ${f.remedy}`,
  ),
  server_read_only: entry<Told>(
    403,
    (f) => `${f.database}: the server lets this role only read (${f.reason})`,
    () =>
      'name the primary server and not a copy of it, or ALTER ROLE … SET default_transaction_read_only = off',
  ),
  value_too_long: entry<Told>(
    422,
    (f) => `${f.database}: a value is too long for an index (${f.reason}); nothing was published`,
    () => 'PostgreSQL keeps about 2,700 bytes of it: shorten it, or use SQLite, which has no such limit',
  ),
  too_many_connections: entry<Told>(
    503,
    (f) => `${f.database}: the server takes no more connections (${f.reason})`,
    () => 'run the same command again when others have left, or raise max_connections',
    true,
  ),
  statement_timeout: entry<Told>(
    504,
    (f) => `${f.database}: the server has ended a statement (${f.reason}); nothing was published`,
    () => 'allow the role more time: ALTER ROLE … SET statement_timeout = 0; then run the same command again',
  ),
  connection_lost: entry<Told>(
    503,
    (f) => `${f.database}: the connection to the server was lost (${f.reason})`,
    () =>
      'see whether the server runs; the same command again goes on where this one stopped, and nothing is done twice',
    true,
  ),
  server_name_refused: entry<Told & { name: string }>(
    422,
    (f) => `${f.database}: PostgreSQL cannot have the name "${f.name}": it ${f.reason}`,
    () => 'give that table or column another name',
  ),
} as const;
