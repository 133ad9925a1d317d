/**
 * A person at work, as a process: `edit-process.ts <database>` edits one row after the other, one every 20 ms, as long as its
 * standard input is open; then it prints how long each edit took, in milliseconds, as a JSON array.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/runtime/clock.ts';
import { products } from '../../src/schema/dataset.ts';
import { SqliteEditor } from '../../src/store/sqlite/editor.ts';
import { SqliteReader } from '../../src/store/sqlite/reader.ts';

const everyMs = 20;
/** Rows that are edited again and again; spread over the table. */
const editedRows = 500;

const [path = ''] = process.argv.slice(2);
const keys: string[] = [];
{
  await using reader = new SqliteReader(path);
  const { rows } = await reader.totals(products);
  let row = 0;
  for await (const batch of reader.scan(products)) {
    for (const { values } of batch) {
      if (row++ % Math.ceil(rows / editedRows) === 0) keys.push(String(values[1]));
    }
  }
}
const stop = new AbortController();
process.stdin.once('end', () => stop.abort());
process.stdin.resume();

const waitsMs: number[] = [];
await using editor = new SqliteEditor({ path, clock: systemClock, lockWaitSeconds: 60 });
process.stdout.write('ready\n');
for (let edit = 0; !stop.signal.aborted; edit++) {
  const began = performance.now();
  // 7 has no part in common with the number of rows, so that neighbours in time are none in the table.
  await editor.editRow(
    products,
    [keys[(edit * 7) % keys.length]!],
    new Map([['name', `Edit ${edit}`]]),
    null,
  );
  const tookMs = performance.now() - began;
  waitsMs.push(Number(tookMs.toFixed(2)));
  await sleep(Math.max(everyMs - tookMs, 1));
}
process.stdout.write(`${JSON.stringify(waitsMs)}\n`);
