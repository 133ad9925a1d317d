/**
 * A program that reads without a pause through one connection and statements that were prepared once, as a thread. It throws
 * when what it sees at one time is not of one publish: every row of the n-th version has the description `n`.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

export interface ReadThreadData {
  readonly path: string;
  readonly skus: readonly string[];
  /** One 32-bit flag: not 0 once it is to stop. */
  readonly stop: SharedArrayBuffer;
}

export interface ReadThreadResult {
  /** In the order in which they were seen. */
  readonly versions: readonly string[];
  readonly looks: number;
}

const { path, skus, stop } = workerData as ReadThreadData;
const flag = new Int32Array(stop);
using db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
const versionsOf = db.prepare('SELECT DISTINCT description FROM products');
const one = db.prepare('SELECT description FROM products WHERE sku = ?');
const byName = db.prepare(
  'SELECT min(description) AS a, max(description) AS b FROM products INDEXED BY by_name WHERE name > ?',
);
const sums = db.prepare(
  'SELECT (SELECT count(*) FROM products) AS rows, (SELECT sum(no_of_products) FROM product_counts) AS counted, (SELECT rows FROM _longhaul_datasets) AS told',
);
const all = db.prepare('SELECT sku, description FROM products ORDER BY sku');

function must(holds: boolean, what: unknown): void {
  if (!holds) throw new Error(`not of one state: ${JSON.stringify(what)}`);
}

const versions: string[] = [];
let looks = 0;
while (Atomics.load(flag, 0) === 0) {
  db.exec('BEGIN');
  const seen = versionsOf.all().map((row) => String(row['description']));
  must(seen.length === 1, seen);
  const [version = ''] = seen;
  const { rows, counted, told } = sums.get() as Record<string, number>;
  must(rows === counted && rows === told, { rows, counted, told });
  for (let index = looks % 7; index < skus.length; index += 7) {
    must(one.get(skus[index]!)?.['description'] === version, skus[index]);
  }
  const ends = byName.get('') as { a: string; b: string };
  must(ends.a === version && ends.b === version, ends);
  db.exec('COMMIT');
  // A cursor that stays open while others publish goes on with its state to the end, also after the next publish.
  let read = 0;
  const iterated = new Set<unknown>();
  for (const row of all.iterate()) {
    iterated.add(row['description']);
    if (++read % 500 === 0) Atomics.wait(flag, 0, 0, 1);
  }
  must(iterated.size === 1, [...iterated]);
  if (versions.at(-1) !== version) versions.push(version);
  looks++;
}
parentPort?.postMessage({ versions, looks } satisfies ReadThreadResult);
