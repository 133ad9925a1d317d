import { LonghaulError } from '../runtime/errors.ts';
import { redactedUrl } from '../runtime/redacted-url.ts';

/** What `--db` names. */
export type DatabaseUrl =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'postgres'; readonly url: string };

/** Throws `bad_option`, which never shows a password. */
export function databaseUrl(text: string): DatabaseUrl {
  if (/^postgres(ql)?:\/\//.test(text)) {
    if (!URL.canParse(text)) {
      refuse(
        text,
        'it must be a URL such as postgres://user@host:5432/database; encode special characters of a password as %XX',
      );
    }
    return { engine: 'postgres', url: text };
  }
  const [, path] = /^sqlite:(.+)$/.exec(text) ?? [];
  if (path === undefined || path === ':memory:') {
    return refuse(
      text,
      'it must be sqlite: and the path of a file, such as sqlite:longhaul.db, or postgres://user@host/database',
    );
  }
  // SQLite takes what begins with file: as a URI, whose parts are no path.
  return { engine: 'sqlite', path: path.startsWith('file:') ? `./${path}` : path };
}

/** What a database is called in errors. */
export function databaseName(named: string | DatabaseUrl): string {
  const database = typeof named === 'string' ? databaseUrl(named) : named;
  return database.engine === 'sqlite' ? database.path : redactedUrl(database.url);
}

function refuse(url: string, expected: string): never {
  throw LonghaulError.of('bad_option', { option: '--db', value: redactedUrl(url), expected });
}
