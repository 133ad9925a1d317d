import { identifier } from '../identifier.ts';
import { countedWrites } from './connection.ts';
import type { Session } from './session.ts';

function names(run: number): { readonly log: string; readonly watch: string } {
  return { log: identifier(`_longhaul_touched_${run}`), watch: identifier(`_longhaul_watch_${run}`) };
}

/**
 * Notices other programs that write to a table: a trigger, one row a statement. Edits of ours say of themselves that they are
 * (`countedWrites`), and the ledger knows of them. Whoever writes at this moment is waited for.
 */
export async function watchTable(
  session: Session,
  schema: string,
  table: string,
  run: number,
): Promise<void> {
  const { log, watch } = names(run);
  // With the rights of who made it, as whoever writes to the table may have none on ours.
  await session.run(
    `CREATE UNLOGGED TABLE ${log} (touched boolean);
     CREATE FUNCTION ${watch}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${identifier(schema)}, pg_temp
       AS 'BEGIN INSERT INTO ${log} VALUES (true); RETURN NULL; END';
     CREATE TRIGGER ${watch} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${identifier(table)} FOR EACH STATEMENT
       WHEN (current_setting('${countedWrites}', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION ${watch}()`,
  );
}

/** Ends it. The caller's transaction holds ACCESS EXCLUSIVE on the table. @returns whether somebody has written to it */
export async function endWatch(session: Session, run: number): Promise<boolean> {
  const { log, watch } = names(run);
  const touched = await session.one(`SELECT 1 FROM ${log} LIMIT 1`);
  await session.run(`DROP FUNCTION ${watch}() CASCADE; DROP TABLE ${log}`);
  return touched !== undefined;
}

/** Ends watches of runs that need none any more: before their tables go, or nobody could write to what is watched. */
export async function dropWatches(
  session: Session,
  schema: string,
  unwanted: (run: number) => boolean,
): Promise<void> {
  const found = await session.rows<{ name: string }>(
    "SELECT proname AS name FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = $1 AND proname ~ '^_longhaul_watch_[0-9]+$'",
    schema,
  );
  for (const { name } of found) {
    if (unwanted(Number(name.split('_').at(-1))))
      await session.run(`DROP FUNCTION ${identifier(name)}() CASCADE`);
  }
}
