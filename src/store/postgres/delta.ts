/**
 * What a run changes, as SQL: its winners (the last record of each key) next to the rows that are there. The delta table holds
 * every winner that is more than `equal`, with what it does in `_kind`:
 *
 * | kind | the record |
 * |---|---|
 * | `new` | has no row yet: inserted |
 * | `changed` | differs from its row: updated |
 * | `equal` | is equal to its row: nothing is written |
 * | `edited` | meets an edit, or a row that was edited since: to be decided while nobody can edit |
 * | `kept`, `ended` | that decided: the edit stays, or goes and the row is updated |
 */
import pg from 'pg';
import { columnType, type Dataset, layoutColumns } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { Partition } from './partition-ledger.ts';
import { runTable, stagedColumn, stagedColumns } from './staging.ts';
import { sqlTypes } from './typed-values.ts';

/** What of a row of the delta follows its columns, besides the former values of those that are counted. */
const deltaTail = ['_line', '_hash', '_content', '_kind', '_old_hash'];
export const deltaTailFields = deltaTail.length;

export type Kind = 'new' | 'changed' | 'equal' | 'edited' | 'kept' | 'ended';

/** A column in the dataset's table and where it is staged. */
interface Place {
  readonly name: string;
  readonly staged: string;
}

/**
 * SQL of one run into a dataset with a key. `t` is the dataset's table, `s` a staged row, `w` a winner, `d` a row of the
 * delta, `e` an edit. `$1` is the dataset's name where a statement takes values.
 */
export class DeltaSql {
  readonly staged: string;
  readonly #table: string;
  readonly #delta: string;

  readonly #dataset: Dataset;
  readonly #columns: readonly Place[];
  readonly #key: readonly Place[];
  readonly #plain: readonly Place[];
  readonly #run: number;
  /** Null: all of the run. */
  readonly #partition: Partition | null;

  /**
   * @param of `late`: of records that are decided under the lock, where the delta stays as it is. A partition: of its winners, each of which
   *   stands in the run's table of winners once
   */
  constructor(dataset: Dataset, run: number, of: 'delta' | 'late' | Partition = 'delta') {
    this.#dataset = dataset;
    this.#run = run;
    this.#table = identifier(dataset.name);
    this.#partition = typeof of === 'string' ? null : of;
    this.staged = typeof of === 'string' ? runTable('staged', run) : this.#winnersOf(of);
    this.#delta = typeof of === 'string' ? runTable(of, run) : runTable('delta', run, of.index);
    this.#columns = layoutColumns(dataset).map(({ name }, index) => ({
      ...{ name: identifier(name), staged: stagedColumn(index) },
    }));
    this.#key = this.#columns.slice(0, dataset.key.length);
    this.#plain = this.#columns.slice(dataset.key.length);
  }

  /** Quoted. */
  get table(): string {
    return this.#delta;
  }

  // Parts.

  get #winners(): string {
    return runTable('winners', this.#run);
  }
  #winnersOf({ from, to }: Partition): string {
    const places = [
      ...(from === null ? [] : [`ctid >= '${from.place}'::tid`]),
      ...(to === null ? [] : [`ctid < '${to.place}'::tid`]),
    ];
    return `(SELECT * FROM ${this.#winners} WHERE ${places.join(' AND ') || 'true'})`;
  }
  /** That a row of the dataset's table is one of the partition: else all of the table would be read for each. */
  get #isWithin(): string {
    const { from = null, to = null } = this.#partition ?? {};
    const key = `(${this.#key.map(({ name }) => `t.${name}`).join(', ')})`;
    const bound = (sign: string, parts: readonly string[]): string =>
      ` AND ${key} ${sign} (${parts.map((part) => pg.escapeLiteral(part)).join(', ')})`;
    return (from === null ? '' : bound('>=', from.key)) + (to === null ? '' : bound('<', to.key));
  }

  /** @param row what the staged key is of: `w`, `d` or `s` */
  #isRowOf(row: string): string {
    return this.#key.map(({ name, staged }) => `t.${name} = ${row}.${staged}`).join(' AND ');
  }
  #isEditOf(row: string): string {
    return this.#key.map(({ staged }, part) => `e.key[${part + 1}] = ${row}.${staged}`).join(' AND ');
  }
  #isStandingEditOf(row: string): string {
    return `e.dataset = $1 AND e.state = 'standing' AND ${this.#isEditOf(row)}`;
  }
  /** Compared by their values, not by hashes: the row's hash holds its own run and line. */
  #equals(row: string): string {
    const same = this.#plain.map(({ name, staged }) => `t.${name} IS NOT DISTINCT FROM ${row}.${staged}`);
    return same.join(' AND ') || 'true';
  }
  /** What the delta keeps of the row that is there. */
  get #former(): string {
    return ['t._hash', ...this.#dataset.counts.map(({ column }) => `t.${identifier(column)}`)].join(', ');
  }
  #lastOfEachKey(from: string, columns: string): string {
    if (this.#partition !== null) return `SELECT ${columns} FROM ${this.staged} s ${from}`;
    const key = this.#key.map(({ staged }) => `s.${staged}`).join(', ');
    return `SELECT DISTINCT ON (${key}) ${columns} FROM ${this.staged} s ${from} ORDER BY ${key}, s._line DESC`;
  }
  /** All staged columns but what only staging needs. */
  get #row(): string {
    return [...this.#columns.map(({ staged }) => staged), `${this.#run}::bigint`, '_line', '_hash'].join(
      ', ',
    );
  }
  get #into(): string {
    return `${this.#table} (${this.#columns.map(({ name }) => name).join(', ')}, _run, _line, _hash)`;
  }

  /** For a table without rows. */
  get insertWinners(): string {
    return `INSERT INTO ${this.#into} ${this.#lastOfEachKey('', this.#row)}`;
  }

  /** How many winners have each value of the column of the count table with this index: a table of (value, number). */
  countWinners(index: number): string {
    const table = this.countsOfWinners(index);
    const counted = this.#stagedCounted(index);
    return `DROP TABLE IF EXISTS ${table}; CREATE UNLOGGED TABLE ${table} AS
      SELECT value, count(*) AS number FROM (${this.#lastOfEachKey('', `s.${counted} AS value`)}) w
      WHERE value IS NOT NULL GROUP BY 1 ORDER BY 1`;
  }
  /** What that table is called. */
  countsOfWinners(index: number): string {
    const partition = this.#partition === null ? [] : [this.#partition.index];
    return runTable('counts', this.#run, index, ...partition);
  }
  /** The sum of the hashes of all winners of a partition. */
  get checksumOfWinners(): string {
    return `SELECT coalesce(sum(_hash), 0)::text AS checksum FROM ${this.staged} s`;
  }
  #stagedCounted(index: number): string {
    const counted = identifier(this.#dataset.counts[index]!.column);
    return this.#columns.find(({ name }) => name === counted)!.staged;
  }

  /** What serves one partition only. */
  get dropOwn(): string {
    const counts = Array.from(this.#dataset.counts.keys(), (index) => this.countsOfWinners(index));
    return `DROP TABLE IF EXISTS ${[this.#delta, ...counts].join(', ')}`;
  }

  // The winners by themselves, from which partitions are published.

  get dropWinners(): string {
    return `DROP TABLE IF EXISTS ${this.#winners}`;
  }
  /** In the order of their keys. Not UNLOGGED: what a crash must not take away once a part of it is published. */
  get createWinners(): string {
    return `CREATE TABLE ${this.#winners} WITH (autovacuum_enabled = off) AS ${this.#lastOfEachKey('', 's.*')}`;
  }
  /** Bytes of the longest entry in an index of some of these lists of columns. */
  longestIndexed(indexes: readonly (readonly string[])[]): string {
    const entries = indexes.map((names) => {
      const lengths = this.#columns
        .filter(({ name }) => names.some((each) => identifier(each) === name))
        .map(({ staged }) => `coalesce(octet_length(${staged}::text), 0)`);
      return ['0', ...lengths].join(' + ');
    });
    return `SELECT coalesce(max(greatest(${entries.join(', ')})), 0)::int AS bytes FROM ${this.#winners}`;
  }
  /** Of every so many of them the key, and where it stands. */
  cutWinners(every: number): string {
    const numbered = `SELECT ${this.#stagedKey} AS key, ctid::text AS place, row_number() OVER () - 1 AS number FROM ${this.#winners}`;
    return `SELECT array_to_json(key)::text AS key, place FROM (${numbered}) w WHERE number % ${every} = 0 ORDER BY number`;
  }
  /** Whether each row follows the one before it. */
  get areWinnersSorted(): string {
    const followed = `SELECT ${this.#stagedKey} AS key, lag(${this.#stagedKey}) OVER () AS before FROM ${this.#winners}`;
    return `SELECT coalesce(bool_and(before IS NULL OR key > before), true) AS sorted FROM (${followed}) w`;
  }
  get #stagedKey(): string {
    return `ARRAY[${this.#key.map(({ staged }) => staged).join(', ')}]`;
  }

  // The delta, made beside whoever edits.

  get createDelta(): string {
    const former = this.#dataset.counts.map(
      ({ column }, index) => `, _old_${index} ${sqlTypes[columnType(this.#dataset, column)]}`,
    );
    return `DROP TABLE IF EXISTS ${this.#delta}; CREATE UNLOGGED TABLE ${this.#delta}
      (${stagedColumns(this.#dataset)}, _kind text NOT NULL, _old_hash bigint${former.join('')}) WITH (autovacuum_enabled = off)`;
  }

  /** How many rows are staged, and how many keys they have. Sorting is faster than hashing: 0.21 s to 0.26 s for half a million. */
  get countWinnersOfStaged(): string {
    return `SELECT coalesce(sum(n), 0)::int AS rows, count(*)::int AS winners FROM (SELECT count(*) AS n FROM ${this.staged}
      GROUP BY ${this.#key.map(({ staged }) => staged).join(', ')}) each_key`;
  }

  /**
   * Fills the delta. What is equal is not counted on the way: keeping all winners for that costs as much as comparing
   * them (1.2 s to 0.6 s for half a million).
   *
   * @param withEdits whether any edit stands
   */
  fillDelta(withEdits: boolean): string {
    const edited = withEdits ? `WHEN e.edit IS NOT NULL THEN 'edited'` : '';
    const edits = withEdits ? `LEFT JOIN _longhaul_edits e ON ${this.#isStandingEditOf('w')}` : '';
    return `INSERT INTO ${this.#delta} SELECT * FROM (
        SELECT w.*, CASE ${edited} WHEN t._run IS NULL THEN 'new' WHEN ${this.#equals('w')} THEN 'equal' ELSE 'changed' END AS _kind,
          ${this.#former}
        FROM (${this.#lastOfEachKey('', 's.*')}) w LEFT JOIN ${this.#table} t ON ${this.#isRowOf('w')}${this.#isWithin} ${edits}
      ) judged WHERE _kind <> 'equal'`;
  }

  /** Fills it from the client: the columns in layout order, `deltaTail`, the former value of each counted column. */
  get copyDelta(): string {
    const former = this.#dataset.counts.map((_, index) => `_old_${index}`);
    const columns = [...this.#columns.map(({ staged }) => staged), ...deltaTail, ...former];
    return `COPY ${this.#delta} (${columns.join(', ')}) FROM STDIN (FORMAT binary)`;
  }

  /** Or the planner would take few rows for many, and look each up. */
  get analyzeDelta(): string {
    return `ANALYZE ${this.#delta}`;
  }

  // What is done with it.

  get insertNew(): string {
    const key = this.#key.map(({ staged }) => staged).join(', ');
    return `INSERT INTO ${this.#into} SELECT ${this.#row} FROM ${this.#delta} WHERE _kind = 'new' ORDER BY ${key}`;
  }

  get updateChanged(): string {
    const set = this.#plain.map(({ name, staged }) => `${name} = d.${staged}, `).join('');
    return `UPDATE ${this.#table} t SET ${set}_run = ${this.#run}, _line = d._line, _hash = d._hash FROM ${this.#delta} d
      WHERE d._kind IN ('changed', 'ended') AND ${this.#isRowOf('d')} AND t._hash = d._old_hash${this.#isWithin}`;
  }

  /** Rows that a person has touched after the edit number `$2`: out of the delta. */
  get removeTouched(): string {
    return `DELETE FROM ${this.#delta} d USING _longhaul_edits e
      WHERE e.dataset = $1 AND e.edit_number > $2 AND ${this.#isEditOf('d')}`;
  }
  /** And their winners into it. */
  get addTouched(): string {
    const from = `JOIN _longhaul_edits e ON e.dataset = $1 AND e.edit_number > $2 AND ${this.#isEditOf('s')}`;
    return `INSERT INTO ${this.#delta} ${this.#lastOfEachKey(from, `s.*, 'edited'`)}`;
  }

  /** Decides about `edited` records; `$2` and `$3`: source and name of the run's file. */
  get judgeEdited(): string {
    const former = ['_old_hash', ...this.#dataset.counts.map((_, index) => `_old_${index}`)].join(', ');
    const editOfRow = this.#key.map(({ name }, part) => `e.key[${part + 1}] = t.${name}`).join(' AND ');
    return `UPDATE ${this.#delta} d SET (_kind, ${former}) = ROW (
        CASE WHEN e.edit IS NULL THEN CASE WHEN ${this.#equals('d')} THEN 'equal' ELSE 'changed' END
          WHEN c.content_hash IS NULL OR c.content_hash = d._content THEN 'kept' ELSE 'ended' END, ${this.#former})
      FROM ${this.#table} t
        LEFT JOIN _longhaul_edits e ON e.dataset = $1 AND e.state = 'standing' AND ${editOfRow}
        LEFT JOIN _longhaul_edit_covers c ON c.edit = e.edit AND c.source = $2 AND c.file = $3
      WHERE d._kind = 'edited' AND ${this.#isRowOf('d')}`;
  }

  /** A kept record is remembered for its file if none was; `$2` and `$3`: source and name of the file. */
  get rememberKept(): string {
    return `INSERT INTO _longhaul_edit_covers (edit, source, file, content_hash, run, line)
      SELECT e.edit, $2, $3, d._content, ${this.#run}, d._line FROM ${this.#delta} d
      JOIN _longhaul_edits e ON ${this.#isStandingEditOf('d')} WHERE d._kind = 'kept' ON CONFLICT (edit, source, file) DO NOTHING`;
  }
  /** Kept records that differ from what their rows would be without the edit: its number, content hash, line, and the columns as declared. */
  get keptDiffering(): string {
    const places = new Map(this.#columns.map(({ name, staged }) => [name, staged]));
    const columns = this.#dataset.columns.map(({ name }) => `d.${places.get(identifier(name))}`).join(', ');
    return `SELECT e.edit, d._content, d._line, ${columns} FROM ${this.#delta} d JOIN _longhaul_edits e
      ON ${this.#isStandingEditOf('d')} WHERE d._kind = 'kept' AND e.covered_hash <> d._content`;
  }
  /** `$2`: milliseconds since 1970. */
  get endEdits(): string {
    return `UPDATE _longhaul_edits e SET state = 'ended', ended_ms = $2, ended_by_run = ${this.#run}
      FROM ${this.#delta} d WHERE ${this.#isStandingEditOf('d')} AND d._kind = 'ended'`;
  }

  // What it comes to.

  get sums(): string {
    return `SELECT _kind AS kind, count(*)::int AS number, (sum(_hash) - coalesce(sum(_old_hash), 0))::text AS checksum
      FROM ${this.#delta} GROUP BY 1`;
  }

  /** (value, number) by which the count table with this index changes. */
  countDeltas(index: number): string {
    const column = this.#stagedCounted(index);
    const moved = `_kind IN ('changed', 'ended') AND ${column} IS DISTINCT FROM _old_${index}`;
    return `SELECT value, sum(number)::bigint FROM (
        SELECT ${column} AS value, 1 AS number FROM ${this.#delta} WHERE _kind = 'new' OR ${moved}
        UNION ALL SELECT _old_${index}, -1 FROM ${this.#delta} WHERE ${moved}
      ) moved WHERE value IS NOT NULL GROUP BY 1 HAVING sum(number) <> 0`;
  }
}
