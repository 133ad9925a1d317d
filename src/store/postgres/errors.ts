import { LonghaulError } from '../../runtime/errors.ts';
import type { PostgresTarget } from './target.ts';

/** An error of the server: https://www.postgresql.org/docs/current/errcodes-appendix.html */
interface ServerError extends Error {
  /** SQLSTATE: five characters. */
  readonly code: string;
  /** The name of the constraint that was violated. */
  readonly constraint?: string | undefined;
}

export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && /^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code));
}

export function hasState(error: unknown, ...states: readonly string[]): boolean {
  return isServerError(error) && states.includes(error.code);
}

/** What another transaction's commit made impossible, and what is worth trying again at once. */
export function isRetryable(error: unknown): boolean {
  return hasState(error, '40001', '40P01');
}

const networkCodes =
  /^(E(CONN\w+|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_\w+|NOENT|ACCES)|ERR_SOCKET_\w+)$/;

function isNetworkError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code);
  return (
    networkCodes.test(code) ||
    /^(Connection terminated|timeout expired|Client (was|has) )/.test(error.message)
  );
}

/** Several addresses of one name fail as several errors in one, which has no message of its own. */
function reasonOf(error: Error): string {
  const { errors } = error as { errors?: readonly Error[] };
  return (errors?.[0] ?? error).message;
}

/** @param waitedSeconds for a lock */
export interface Circumstances {
  readonly target: PostgresTarget;
  readonly waitedSeconds: number;
  /** Whether the connection had been made. */
  readonly connected: boolean;
}

/** An error of the server or of the way to it in the words of the error table. Others pass as they are. */
export function translated(error: unknown, { target, waitedSeconds, connected }: Circumstances): unknown {
  const options = { cause: error };
  const database = target.shown;
  if (error instanceof Error && isNetworkError(error)) {
    const reason = reasonOf(error);
    return LonghaulError.of(
      connected ? 'connection_lost' : 'server_unreachable',
      { database, reason },
      options,
    );
  }
  if (!isServerError(error)) return error;
  const told = { database, reason: error.message };
  switch (error.code) {
    case '28P01':
    case '28000':
      return LonghaulError.of('login_refused', told, options);
    case '3D000': {
      const name = /"(.*)"/.exec(error.message)?.[1] ?? '';
      return LonghaulError.of('server_database_missing', { database, name }, options);
    }
    case '42501': {
      const { role } = target;
      const schema = target.schema ?? /schema (\S+)/.exec(error.message)?.[1] ?? 'NAME';
      const remedy = error.message.includes('for database')
        ? `CREATE SCHEMA ${schema} AUTHORIZATION ${role}`
        : `GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`;
      return LonghaulError.of('not_allowed', { ...told, role, remedy }, options);
    }
    case '53300':
      return LonghaulError.of('too_many_connections', told, options);
    case '53100':
      return LonghaulError.of('disk_full', { database }, options);
    case '55P03':
      return LonghaulError.of('database_locked', { database, waitedSeconds }, options);
    case '57014':
    case '25P03':
      return LonghaulError.of('statement_timeout', told, options);
    case '25006':
      return LonghaulError.of('server_read_only', told, options);
    case '54000':
      return LonghaulError.of('value_too_long', told, options);
    // Longer than a type that somebody has given a column.
    case '22001':
      return LonghaulError.of('table_refuses', told, options);
    case '57P01':
    case '57P02':
    case '57P03':
    case '57P05':
      return LonghaulError.of('connection_lost', told, options);
    default:
      break;
  }
  switch (error.code.slice(0, 2)) {
    case '08':
      return LonghaulError.of('connection_lost', told, options);
    // Out of some resource; trouble of the server's system; damaged pages.
    case '53':
    case '58':
    case 'XX':
      return LonghaulError.of('database_failed', told, options);
    // A constraint, a view's condition, what a trigger raises.
    case '23':
    case '44':
    case 'P0':
      // That a key is there twice is nobody's fault but ours.
      if (error.constraint?.endsWith('_pkey') === true) return error;
      return LonghaulError.of('table_refuses', told, options);
    default:
      return error;
  }
}
