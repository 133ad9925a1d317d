import { LonghaulError } from '../../runtime/errors.ts';
import type { Connection } from './connection.ts';
import { hasState } from './errors.ts';

/** A killed process's server process ends within half a second (`client_connection_check_interval`) and its rollback. */
const deadHolderSeconds = 3;

/**
 * The right to import into a schema: an advisory lock of the session that does all the writing. So whoever has lost the
 * lock has lost the connection, and cannot write any more; the server drops it with the session, however that ends.
 *
 * Throws `import_running`.
 *
 * @param waitSeconds for a holder that is dying
 */
export async function takeImportLock(connection: Connection, waitSeconds = deadHolderSeconds): Promise<void> {
  const { database, session, schema } = connection;
  await connection.translating(async () => {
    const { usual } = (await session.one<{ usual: string }>(
      "SELECT current_setting('lock_timeout') AS usual",
    ))!;
    await session.rows("SELECT set_config('lock_timeout', $1, false)", `${Math.round(waitSeconds * 1000)}ms`);
    try {
      await session.rows("SELECT pg_advisory_lock(hashtext('longhaul import'), hashtext($1))", schema);
    } catch (error) {
      throw hasState(error, '55P03')
        ? LonghaulError.of('import_running', { database }, { cause: error })
        : error;
    } finally {
      await session.rows("SELECT set_config('lock_timeout', $1, false)", usual).catch(() => undefined);
    }
  });
}
