/** Which database is meant, and how it is called where people can read it. */
import { redactedUrl } from '../../runtime/redacted-url.ts';

export interface PostgresTarget {
  /** For the driver: with password, without what only longhaul understands. */
  readonly connectionString: string;
  /** `?schema=NAME`; null: the first schema of the role's search_path that is there. */
  readonly schema: string | null;
  /** The URL without its password. */
  readonly shown: string;
  /** Empty: the driver's default. */
  readonly role: string;
}

/** @param url as `--db` has it, such as `postgres://user@host/database?schema=shop` */
export function postgresTarget(url: string): PostgresTarget {
  const given = new URL(url);
  const { searchParams } = given;
  const schema = searchParams.get('schema') || null;
  searchParams.delete('schema');
  // As psql and all that stands on libpq understand sslmode. The driver would take `require` for `verify-full`, and say that
  // this is going to change.
  if (searchParams.has('sslmode') && !searchParams.has('uselibpqcompat')) {
    searchParams.set('uselibpqcompat', 'true');
  }
  return { connectionString: given.href, schema, shown: redactedUrl(url), role: given.username };
}
