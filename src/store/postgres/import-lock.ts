import { LonghaulError } from '../../runtime/errors.ts';
import { lockHolder } from '../lock-holder.ts';
import type { Connection } from './connection.ts';
import { hasState } from './errors.ts';
import type { Session } from './session.ts';

/** A killed process's server process ends within half a second (`client_connection_check_interval`) and its rollback. */
const deadHolderSeconds = 3;

/**
 * The right to import into a schema: an advisory lock of the session that does all the writing. So whoever has lost the
 * lock has lost the connection, and cannot write any more; the server drops it with the session, however that ends.
 *
 * Throws `import_running`.
 *
 * @param waitSeconds for a holder that is dying
 * @param program what others are told meanwhile
 */
export async function takeImportLock(
  connection: Connection,
  waitSeconds = deadHolderSeconds,
  program?: string,
): Promise<void> {
  const { database, session, schema } = connection;
  await connection.translating(async () => {
    const { usual } = (await session.one<{ usual: string }>(
      "SELECT current_setting('lock_timeout') AS usual",
    ))!;
    await session.rows("SELECT set_config('lock_timeout', $1, false)", `${Math.round(waitSeconds * 1000)}ms`);
    try {
      await session.rows("SELECT pg_advisory_lock(hashtext('longhaul import'), hashtext($1))", schema);
    } catch (error) {
      if (!hasState(error, '55P03')) throw error;
      const holder = await holderOf(session, schema);
      throw LonghaulError.of('import_running', { database, holder }, { cause: error });
    } finally {
      await session.rows("SELECT set_config('lock_timeout', $1, false)", usual).catch(() => undefined);
    }
    if (program !== undefined)
      await session.rows("SELECT set_config('application_name', $1, false)", lockHolder(program));
  });
}

/** What the session of a master begins with that holds the lock. */
export const masterProgram = 'longhaul master';

/**
 * For a session that writes beside the one with the lock, whose name it takes: whoever takes over from a master ends all sessions that
 * write for it, and finds them by this.
 */
export async function writeBeside(side: Connection, { session, schema }: Connection): Promise<void> {
  const named = await session.one<{ name: string }>("SELECT current_setting('application_name') AS name");
  await side.session.rows(
    `SELECT set_config('application_name', $1, false), pg_advisory_lock_shared(hashtext('longhaul import beside'), hashtext($2))`,
    ...[named!.name, schema],
  );
}

/** Who holds the lock, as far as this role may see that; else an empty text. */
async function holderOf(session: Session, schema: string): Promise<string> {
  const holder = (await sessionsThatImport(session, schema)).find(({ hasLock }) => hasLock);
  return holder?.program ?? '';
}

/** The session that holds the lock, and those that write beside it. */
export async function sessionsThatImport(
  session: Session,
  schema: string,
): Promise<{ readonly pid: number; readonly program: string; readonly hasLock: boolean }[]> {
  const rows = await session.rows<{ pid: number; program: string | null; has_lock: boolean }>(
    `SELECT pid, application_name AS program, classid = hashtext('longhaul import')::oid AS has_lock
     FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND objsubid = 2
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND classid IN (hashtext('longhaul import')::oid, hashtext('longhaul import beside')::oid) AND objid = hashtext($1)::oid`,
    schema,
  );
  return rows.map(({ pid, program, has_lock: hasLock }) => ({ pid, program: program ?? '', hasLock }));
}
