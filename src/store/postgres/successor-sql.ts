import { columnType, type Dataset, layoutColumns, provenanceColumns } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { runTable, stagedColumn } from './staging.ts';
import { sqlTypes } from './typed-values.ts';

/**
 * SQL of a run that gives tables successors, beside that of its delta. `t` is the dataset's table, `x` its successor, `d` a row of
 * the delta, `l` a late one: a record that is decided under the lock, `k` the key of a row that may no longer be what it was
 * when the successor was filled. `$1`: the dataset's name, `$2`: the number of the last edit that the delta has seen.
 */
export class SuccessorSql {
  readonly #dataset: Dataset;
  readonly #run: number;
  readonly #next: string;
  readonly #delta: string;
  readonly #late: string;
  readonly #was: string;
  readonly #columns: readonly { readonly name: string; readonly staged: string }[];

  /** @param next the successor of the dataset's table */
  constructor(dataset: Dataset, run: number, next: string) {
    this.#dataset = dataset;
    this.#run = run;
    this.#next = next;
    this.#delta = runTable('delta', run);
    this.#late = runTable('late', run);
    this.#was = runTable('was', run);
    this.#columns = layoutColumns(dataset).map(({ name }, index) => ({
      name: identifier(name),
      staged: stagedColumn(index),
    }));
  }

  get #key(): readonly { readonly name: string; readonly staged: string }[] {
    return this.#columns.slice(0, this.#dataset.key.length);
  }
  get #table(): string {
    return identifier(this.#dataset.name);
  }
  get #names(): string {
    return [...this.#columns.map(({ name }) => name), ...provenanceColumns].join(', ');
  }
  #staged(row: string): string {
    const columns = this.#columns.map(({ staged }) => `${row}.${staged}`);
    return [...columns, `${this.#run}::bigint`, `${row}._line`, `${row}._hash`].join(', ');
  }
  #isRowOf(table: string, row: string): string {
    return this.#key.map(({ name, staged }) => `${table}.${name} = ${row}.${staged}`).join(' AND ');
  }
  #isEditOf(row: string): string {
    return this.#key.map(({ staged }, part) => `e.key[${part + 1}] = ${row}.${staged}`).join(' AND ');
  }
  get #stagedKey(): string {
    return this.#key.map(({ staged }) => staged).join(', ');
  }

  // Beside whoever edits.

  /** So that single rows are found in what the server has of the run. */
  indexKeys(table: 'delta' | 'staged'): string {
    return `CREATE INDEX ON ${runTable(table, this.#run)} (${this.#stagedKey})`;
  }

  /** Records that meet an edit become late ones. */
  get setEditedAside(): string {
    return `WITH edited AS (DELETE FROM ${this.#delta} WHERE _kind = 'edited' RETURNING *) INSERT INTO ${this.#late} SELECT * FROM edited`;
  }
  get putEditedBack(): string {
    return `INSERT INTO ${this.#delta} SELECT * FROM ${this.#late}`;
  }

  /** Whether the values of the column of the count table with this index move. */
  moves(index: number): string {
    const counted = this.#counted(index).staged;
    return `SELECT 1 FROM ${this.#delta} WHERE _kind = 'new' OR ${counted} IS DISTINCT FROM _old_${index} LIMIT 1`;
  }
  #counted(index: number): { readonly name: string; readonly staged: string } {
    const name = identifier(this.#dataset.counts[index]!.column);
    return this.#columns.find((column) => column.name === name)!;
  }

  /**
   * @param anyStay whether any row is left as it is
   * @param isSorted whether what is to be filled in comes in the order of the keys already
   */
  fill(anyStay: boolean, isSorted: boolean): string {
    const changed = `SELECT ${this.#staged('d')} FROM ${this.#delta} d`;
    const stay = `SELECT ${this.#names} FROM ${this.#table} t
      WHERE NOT EXISTS (SELECT FROM ${this.#delta} d WHERE d._kind = 'changed' AND ${this.#isRowOf('t', 'd')})`;
    const order = isSorted ? '' : ` ORDER BY ${this.#key.map((_, part) => part + 1).join(', ')}`;
    return `INSERT INTO ${this.#next} (${this.#names}) ${changed}${anyStay ? ` UNION ALL ${stay}` : ''}${order}`;
  }
  fillCounts(index: number, next: string): string {
    const { column, numberColumn } = this.#dataset.counts[index]!;
    const value = identifier(column);
    return `INSERT INTO ${next} (${value}, ${identifier(numberColumn)})
      SELECT ${value}, count(*) FROM ${this.#next} WHERE ${value} IS NOT NULL GROUP BY 1 ORDER BY 1`;
  }

  get createWas(): string {
    const counted = this.#dataset.counts.map(
      ({ column }, index) => `, _old_${index} ${sqlTypes[columnType(this.#dataset, column)]}`,
    );
    return `CREATE UNLOGGED TABLE ${this.#was} (was boolean${counted.join('')})`;
  }

  // Under the lock: little.

  /** Out of the delta what people have touched since. Gives what that was, as `DeltaSql.sums`. */
  get takeTouched(): string {
    return `WITH gone AS (
        DELETE FROM ${this.#delta} d USING _longhaul_edits e WHERE e.dataset = $1 AND e.edit_number > $2 AND ${this.#isEditOf('d')}
        RETURNING d._kind, d._hash, d._old_hash)
      SELECT _kind AS kind, count(*)::int AS number, (sum(_hash) - coalesce(sum(_old_hash), 0))::text AS checksum FROM gone GROUP BY 1`;
  }

  get #changedKeys(): string {
    const key = this.#key.map(({ staged }, part) => `e.key[${part + 1}] AS ${staged}`).join(', ');
    return `(SELECT ${key} FROM _longhaul_edits e WHERE e.dataset = $1 AND e.edit_number > $2
      UNION SELECT ${this.#stagedKey} FROM ${this.#late}) k`;
  }

  /** What those rows count for in the successor. */
  get noteWas(): string {
    const counted = this.#dataset.counts.map((_, index) => `, x.${this.#counted(index).name}`);
    return `INSERT INTO ${this.#was} SELECT true${counted.join('')} FROM ${this.#changedKeys} JOIN ${this.#next} x ON ${this.#isRowOf('x', 'k')}`;
  }
  get removeChanged(): string {
    return `DELETE FROM ${this.#next} x USING ${this.#changedKeys} WHERE ${this.#isRowOf('x', 'k')}`;
  }
  /** As they are in the table now. */
  get copyChanged(): string {
    const names = this.#names.replaceAll(/(^|, )/g, '$1t.');
    return `INSERT INTO ${this.#next} (${this.#names}) SELECT ${names} FROM ${this.#changedKeys} JOIN ${this.#table} t ON ${this.#isRowOf('t', 'k')}`;
  }
  /** And then by what was decided. */
  get updateLate(): string {
    const plain = this.#columns.slice(this.#dataset.key.length);
    const set = plain.map(({ name, staged }) => `${name} = l.${staged}, `).join('');
    return `UPDATE ${this.#next} x SET ${set}_run = ${this.#run}, _line = l._line, _hash = l._hash FROM ${this.#late} l
      WHERE l._kind IN ('changed', 'ended') AND ${this.#isRowOf('x', 'l')} AND x._hash = l._old_hash`;
  }
  /** (value, number) by which that changes the successor of the count table with this index. */
  countChanges(index: number): string {
    const { name } = this.#counted(index);
    return `SELECT value, sum(number)::bigint FROM (
        SELECT x.${name} AS value, 1 AS number FROM ${this.#changedKeys} JOIN ${this.#next} x ON ${this.#isRowOf('x', 'k')}
        UNION ALL SELECT _old_${index}, -1 FROM ${this.#was}
      ) changed WHERE value IS NOT NULL GROUP BY 1 HAVING sum(number) <> 0`;
  }
}
