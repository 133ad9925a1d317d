/**
 * Writes what documents say out of where it is known, so that they cannot drift: the pages of docs/reference/ out of the
 * tables of commands, options, errors and reject reasons and of what src/index.ts exports, and the table of README.md out
 * of bench/results/. With --check it writes nothing and fails where something would change.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiPage } from './docs/api-page.ts';
import { benchTable, workersTable } from './docs/bench-table.ts';
import { libraryPage } from './docs/library-page.ts';
import { commandsPage, configPage, errorsPage, rejectsPage } from './docs/reference-pages.ts';

const root = new URL('../', import.meta.url);
const read = (path: string): string => {
  const url = new URL(path, root);
  return existsSync(url) ? readFileSync(url, 'utf8') : '';
};

/** The text with what stands between the two marks replaced. */
function withSection(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: written by scripts/docs.ts -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`no section "${name}"`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}

const documents: readonly (readonly [path: string, text: string])[] = [
  [
    'README.md',
    withSection(
      read('README.md'),
      'bench',
      benchTable((name) => read(`bench/results/${name}.json`)),
    ),
  ],
  [
    'docs/scaling.md',
    withSection(read('docs/scaling.md'), 'bench workers', workersTable(read('bench/results/workers.json'))),
  ],
  ['docs/reference/api.md', apiPage(fileURLToPath(root))],
  ['docs/reference/commands.md', commandsPage()],
  ['docs/reference/config.md', configPage()],
  ['docs/reference/errors.md', errorsPage()],
  ['docs/reference/library.md', libraryPage(fileURLToPath(root))],
  ['docs/reference/rejects.md', rejectsPage()],
];

for (const [path, text] of documents) {
  if (text === read(path)) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${path} is not what the code says: run node scripts/docs.ts\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(new URL('.', new URL(path, root)), { recursive: true });
    writeFileSync(new URL(path, root), text);
  }
}
