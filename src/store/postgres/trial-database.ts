import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { signedHash } from '../../schema/row-values.ts';
import { identifier } from '../identifier.ts';
import { noOutcomes } from '../row-outcomes.ts';
import type { TrialDatabase, TrialView } from '../trial-store.ts';
import { compareRows } from './compare-rows.ts';
import { Connection } from './connection.ts';
import { ExistingRows } from './existing-rows.ts';
import { Ledger } from './ledger.ts';
import { holdTables, oneState } from './reader.ts';
import { checkVersion } from './schema.ts';
import type { Session } from './session.ts';
import type { PostgresTarget } from './target.ts';

/** A schema to be read by a trial. There need not be anything of ours in it. */
export class PostgresTrialDatabase implements TrialDatabase {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async open(target: PostgresTarget): Promise<PostgresTrialDatabase> {
    return new PostgresTrialDatabase(await Connection.open({ target, readOnly: true }));
  }

  async reading<Result>(work: (view: TrialView | null) => Promise<Result>): Promise<Result> {
    const connection = this.#connection;
    const { session } = connection;
    const isOurs = await connection.translating(() => checkVersion(connection, session));
    if (!isOurs) return work(null);
    const datasets = await connection.translating(() => new Ledger(session).allDatasets());
    return connection.transaction(async (reading) => {
      await holdTables(reading, datasets);
      return await work(viewOf(reading));
    }, oneState);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }
}

function viewOf(session: Session): TrialView {
  const ledger = new Ledger(session);
  return {
    async dataset(name) {
      const [dataset, table] = [await ledger.dataset(name), await ledger.table(name)];
      return dataset === null || table === null ? null : { dataset, published: table.publishNumber > 0 };
    },
    publishedFile: ({ name }, file) => ledger.publishedFile(name, file),
    rows: async ({ name }) => (await ledger.table(name))?.rows ?? 0,
    async rowsOfRun({ name }, run) {
      const sql = `SELECT count(*)::int AS n FROM ${identifier(name)} WHERE _run = $1`;
      return (await session.one<{ n: number }>(sql, run))!.n;
    },
    async compare({ dataset, file }, rows, _stagedRows, control) {
      const remembered = await rememberedByEdits(session, dataset, file);
      const existing = new ExistingRows(session, dataset, remembered.size > 0);
      const sums = noOutcomes();
      const compared = { winners: 0, superseded: 0 };
      const judged = compareRows(rows, existing, control, compared, (winner, kind) => {
        if (kind === 'new') sums.inserted++;
        else if (kind === 'changed') sums.updated++;
        else {
          const hash = remembered.get(winner.keyParts().join('\0')) ?? null;
          if (hash === null || hash === signedHash(winner.hashLow, winner.hashHigh)) sums.kept++;
          else sums.updated++;
        }
        return null;
      });
      for await (const _ of judged);
      await existing.end();
      const { winners, superseded } = compared;
      return { ...sums, unchanged: winners - sums.inserted - sums.updated - sums.kept, superseded };
    },
  };
}

/** For each standing edit, by the parts of its key: the content hash of the record of this file that it covers, if it knows one. */
async function rememberedByEdits(
  session: Session,
  dataset: Dataset,
  file: FileRef,
): Promise<Map<string, bigint | null>> {
  const rows = await session.rows<{ key: string; hash: bigint | null }>(
    `SELECT array_to_json(e.key)::text AS key, c.content_hash AS hash FROM _longhaul_edits e
     LEFT JOIN _longhaul_edit_covers c ON c.edit = e.edit AND c.source = $2 AND c.file = $3
     WHERE e.dataset = $1 AND e.state = 'standing'`,
    ...[dataset.name, file.source, file.name],
  );
  return new Map(rows.map(({ key, hash }) => [(JSON.parse(key) as string[]).join('\0'), hash]));
}
