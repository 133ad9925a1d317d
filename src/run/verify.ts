import { type CanonicalValue, isCanonicalValue } from '../schema/canonical-text.ts';
import { type Dataset, layoutColumns } from '../schema/dataset.ts';
import { hashRow, packValues, rowLayout } from '../schema/packed-rows.ts';
import { checksumText, finishRowHash, HashSum } from '../schema/row-hash.ts';
import type { CountDifference, RunRecord, StoredRow, StoreReader, TableTotals } from '../store/store.ts';

/** Findings that are listed of each kind; the rest is only counted. */
const maxFindings = 20;

/** Something that is not as the ledger says. */
export type Finding =
  | {
      readonly kind: 'row_changed';
      readonly key: readonly string[];
      readonly run: number;
      readonly line: number;
      readonly reason: string;
    }
  | { readonly kind: 'count_differs'; readonly difference: CountDifference }
  | {
      readonly kind: 'edit_lost';
      readonly key: readonly string[];
      readonly edit: number;
      readonly reason: string;
    }
  | { readonly kind: 'index_differs'; readonly reason: string }
  | { readonly kind: 'rows_differ'; readonly expected: number; readonly found: number }
  | { readonly kind: 'checksum_differs'; readonly expected: string; readonly found: string }
  | { readonly kind: 'run_differs'; readonly run: number; readonly reason: string };

/** What a recount found. */
export interface Verdict {
  readonly dataset: string;
  /** Whether there is no finding. */
  readonly agrees: boolean;
  readonly rows: number;
  /** Different values of the first counted column. */
  readonly groups: number;
  /** Sum of all row hashes, 16 hexadecimal digits. */
  readonly checksum: string;
  /** Runs whose sums were added up. */
  readonly runs: number;
  /** At most 20 (`maxFindings`) of each kind. */
  readonly findings: readonly Finding[];
  /** Changed rows in all, also those that are not listed. */
  readonly changedRows: number;
}

/** Recounts everything from the rows and compares it with the ledger and the count tables, in one committed state. */
export async function verifyDataset(
  reader: StoreReader,
  dataset: Dataset,
  run: number | null,
): Promise<Verdict> {
  return reader.consistently(async () => {
    const ledger = await reader.totals(dataset);
    const table = await recount(reader, dataset);
    const differences = await reader.countDifferences(dataset, maxFindings);
    const runs = (await reader.runs(dataset, Number.MAX_SAFE_INTEGER)).filter(
      (record) => run === null || record.run === run,
    );
    const findings: Finding[] = [...table.changed];
    if (table.rows !== ledger.rows)
      findings.push({ kind: 'rows_differ', expected: ledger.rows, found: table.rows });
    if (table.checksum !== ledger.checksum) {
      findings.push({
        kind: 'checksum_differs',
        expected: checksumText(ledger.checksum),
        found: checksumText(table.checksum),
      });
    }
    findings.push(...(await lostEdits(reader, dataset)));
    for (const difference of differences) findings.push({ kind: 'count_differs', difference });
    for (const reason of await reader.indexFaults(dataset, maxFindings))
      findings.push({ kind: 'index_differs', reason });
    for (const record of runs) {
      const reason = await checkRun(reader, dataset, record, ledger);
      if (reason !== null) findings.push({ kind: 'run_differs', run: record.run, reason });
    }
    return {
      dataset: dataset.name,
      agrees: findings.length === 0,
      rows: table.rows,
      groups: ledger.groups,
      checksum: checksumText(table.checksum),
      runs: runs.length,
      findings,
      changedRows: table.changedRows,
    };
  });
}

interface Recount {
  readonly rows: number;
  /** Sum of the hashes that the rows' values have now, not of those that are stored. */
  readonly checksum: bigint;
  readonly changed: readonly Finding[];
  readonly changedRows: number;
}

async function recount(reader: StoreReader, dataset: Dataset): Promise<Recount> {
  const layout = rowLayout(dataset);
  const columns = layoutColumns(dataset).map((column) => dataset.columns.indexOf(column));
  const hash = new Uint32Array(2);
  const signedHash = new BigInt64Array(hash.buffer);
  const sum = new HashSum();
  const changed: Finding[] = [];
  let rows = 0;
  let changedRows = 0;
  const note = (row: StoredRow, reason: string): void => {
    changedRows++;
    if (changed.length >= maxFindings) return;
    const key = keyOf(dataset, row);
    changed.push({ kind: 'row_changed', key, run: row.run, line: row.line, reason });
  };
  for await (const batch of reader.scan(dataset)) {
    for (const row of batch) {
      rows++;
      const values = columns.map((column) => row.values[column]);
      const strange = values.findIndex(
        (value, place) => !isCanonicalValue(layout.types[place] ?? 'text', value),
      );
      if (strange !== -1) {
        note(row, `${layout.names[strange]} is not ${layout.types[strange]}`);
        continue;
      }
      const words = packValues(layout, values as CanonicalValue[]);
      hashRow(layout, words, 0, hash);
      finishRowHash(hash[0] as number, hash[1] as number, row.run, row.line, hash);
      sum.add(hash[0] as number, hash[1] as number);
      if (signedHash[0] !== row.hash) note(row, 'its values do not have the hash that was stored with them');
    }
  }
  return { rows, checksum: sum.toSigned(), changed, changedRows };
}

/** What a row is known by, in the order of `storedKey`. */
function keyOf(dataset: Dataset, row: StoredRow): string[] {
  if (dataset.key.length === 0) return [String(row.run), String(row.line)];
  return dataset.key.map((name) =>
    String(row.values[dataset.columns.findIndex((column) => column.name === name)]),
  );
}

/** Standing edits that are not what their rows hold. */
async function lostEdits(reader: StoreReader, dataset: Dataset): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const batch of reader.standingEdits(dataset)) {
    for (const { edit, key, values } of batch) {
      if (findings.length >= maxFindings) return findings;
      const row = await reader.row(dataset, key);
      const reason =
        row === null
          ? 'its row is not there'
          : values.every((value, column) => value === row.values[column])
            ? null
            : 'its row holds something else';
      if (reason !== null) findings.push({ kind: 'edit_lost', key, edit, reason });
    }
  }
  return findings;
}

/** Why a run's account cannot be right, or null. */
async function checkRun(
  reader: StoreReader,
  dataset: Dataset,
  record: RunRecord,
  ledger: TableTotals,
): Promise<string | null> {
  if (record.state !== 'done') return null;
  const { records, inserted, updated, unchanged, superseded, kept, rejected } = record;
  const accounted = inserted + updated + unchanged + superseded + kept + rejected;
  if (accounted !== records) return `${records} records were read, but ${accounted} are accounted for`;
  const chunks = await reader.chunks(record.run);
  let bytes = 0;
  let chunkRecords = 0;
  for (const chunk of chunks) {
    if (chunk.offset !== bytes) return `chunk ${chunk.index} begins at byte ${chunk.offset}, not at ${bytes}`;
    bytes += chunk.length;
    chunkRecords += chunk.records;
  }
  if (bytes !== record.contentBytes)
    return `its chunks hold ${bytes} bytes, the content ${record.contentBytes}`;
  if (chunkRecords !== records) return `its chunks hold ${chunkRecords} records, the run ${records}`;
  // Without a key a file's rows give way to those of its next version, which may be fewer.
  if (record.table === null || (dataset.key.length > 0 && record.table.rows > ledger.rows))
    return 'the table after it had more rows than there are now';
  return null;
}
