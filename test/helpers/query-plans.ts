/** Whether statements look through a whole table for each row of another: on the few rows of a test nobody notices. */
import { DatabaseSync } from 'node:sqlite';

interface PlanStep {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

/** Asks SQLite for the plan of each statement that this thread prepares or executes, until it is disposed of. */
export class QueryPlans implements Disposable {
  /** Statements, and the step that is done once for each row of another table. */
  readonly nested = new Map<string, string>();
  seen = 0;
  readonly #prepare = methodOf<DatabaseSync['prepare']>('prepare');
  readonly #exec = methodOf<DatabaseSync['exec']>('exec');

  constructor() {
    const look = (db: DatabaseSync, sql: string): void => this.#look(db, sql);
    const prepare = this.#prepare;
    const exec = this.#exec;
    DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql, ...options) {
      look(this, sql);
      return prepare.call(this, sql, ...options);
    };
    DatabaseSync.prototype.exec = function (this: DatabaseSync, sql) {
      look(this, sql);
      exec.call(this, sql);
    };
  }

  #look(db: DatabaseSync, sql: string): void {
    if (!/^\s*(?:SELECT|INSERT|UPDATE|DELETE)\b/.test(sql)) return;
    this.seen++;
    const steps = this.#prepare.call(db, `EXPLAIN QUERY PLAN ${sql}`).all() as unknown as PlanStep[];
    const found = steps.find((step) => isNestedScan(step, steps));
    if (found !== undefined) this.nested.set(sql, found.detail);
  }

  [Symbol.dispose](): void {
    DatabaseSync.prototype.prepare = this.#prepare;
    DatabaseSync.prototype.exec = this.#exec;
  }
}

function methodOf<Method>(name: string): Method {
  return Object.getOwnPropertyDescriptor(DatabaseSync.prototype, name)!.value as Method;
}

/** Of the steps below the same one, each is done for each row of the one before; a correlated subquery for each row, too. */
function isNestedScan(step: PlanStep, steps: readonly PlanStep[]): boolean {
  if (!step.detail.startsWith('SCAN ') || step.detail === 'SCAN CONSTANT ROW') return false;
  const before = steps.filter(({ parent, id }) => parent === step.parent && id < step.id);
  if (before.some(({ detail }) => /^(?:SCAN|SEARCH) /.test(detail))) return true;
  for (let above = step.parent; above !== 0; ) {
    const outer = steps.find(({ id }) => id === above)!;
    if (outer.detail.startsWith('CORRELATED')) return true;
    above = outer.parent;
  }
  return false;
}
