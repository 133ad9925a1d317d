/**
 * `npm run bench [name…] [-- --runs N --records N]`: runs benchmarks one after the other, each in a process of its own,
 * so that none inherits the heap, the compiled code or the memory peak of another.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const benchmarks: Readonly<Record<string, string>> = {
  import: 'the whole job, next to the sqlite3 shell and DuckDB',
  again: 'the same file again, a changed version, another name',
  postgres: 'the whole job with PostgreSQL, next to psql',
  edits: 'how long an edit waits while a publish is under way',
  parse: 'cutting and parsing CSV in one thread, next to uDSV',
  start: 'commands that should answer at once',
  source: 'a source server with a file of 2 GB: hashing, reading, and /sense meanwhile (only by name)',
  master: 'two sources and a master: sensing, idle CPU, /healthz and /sense during an import (only by name)',
  api: 'how long the API takes to answer with five million products, also during an import (only by name)',
  pages: 'the pages before five million products: click to data, scrolling, in Chromium (only by name)',
  events: 'an import while 200 clients listen to events, next to one while nobody does (only by name)',
  workers: 'one to three workers: how long a file is staged, and what an idle one costs (only by name)',
  scale: 'ten and forty times the records: time a record and peak memory (many minutes; only by name)',
  search: 'searching and paging among five million products; what search indexes cost (only by name)',
  hardware:
    'what this machine does at most with the bytes of an import: copying, reading, hashing, writing (only by name)',
  profile: 'where each thread of an import spends its time (only by name)',
};
const usual = ['import', 'again', 'edits', 'postgres', 'parse', 'start'];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, records: { type: 'string' } },
});
const names = positionals.length === 0 ? usual : positionals;
const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are:`);
  for (const [name, text] of Object.entries(benchmarks)) console.error(`  ${name.padEnd(8)} ${text}`);
  process.exitCode = 2;
} else {
  const options = Object.entries(values).map(([name, value]) => `--${name}=${value}`);
  const failed = names.filter((name) => {
    console.log(`\n${name}: ${benchmarks[name]}`);
    const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    return spawnSync(process.execPath, [file, ...options], { stdio: 'inherit' }).status !== 0;
  });
  if (failed.length > 0) console.error(`Failed: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
