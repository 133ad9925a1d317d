/** A folder with very many files, hosted by a source server or watched by the master itself: LONGHAUL_TEST_FILES of them. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { value } from '../helpers/dump.ts';
import { eventually } from '../helpers/eventually.ts';
import { expectReplay } from '../helpers/expect-replay.ts';
import { MasterProcess, SourceProcess } from '../helpers/master-process.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

/** The 10,000 take three minutes on two cores, both ways of bringing them together. */
const files = Number(process.env['LONGHAUL_TEST_FILES'] ?? 400);
const withinMs = 60_000 + 60 * files;
/** Memory of the master: 225 MiB at its first file, 490 at its ten thousandth. */
const mostBytes = 800 * 2 ** 20;

const nameOf = (index: number): string => `f-${String(index).padStart(5, '0')}.csv`;

/** Most of its rows are its own; one sku is in every file and one in every tenth, so that the later run wins. */
function contentOf(index: number): string {
  const own = Array.from(
    { length: 8 },
    (_, row) => `Name ${(index + row) % 300},own-${index}-${row},"row\n${row}"
`,
  );
  return `${header}${own.join('')}Of all,all,${index}
Of ten,ten-${index % 10},${index}
`;
}

test.for(['server', 'folder'] as const)(
  `${files} files of a %s: imported exactly, answers meanwhile, and little memory`,
  { timeout: 2 * withinMs },
  async (kind) => {
    using folder = new TempFolder();
    await using source = new SourceProcess(folder, 'hosted');
    source.longestMs = withinMs;
    for (let index = 0; index < files; index++)
      writeFileSync(join(source.hosted, nameOf(index)), contentOf(index));
    if (kind === 'server') await source.start();
    const url = kind === 'server' ? source.url : source.hosted;
    const args = ['--db', 'sqlite:test.db', '--source', `many=${url}`, '--quiet'];
    await using master = new MasterProcess(folder, args);
    master.longestMs = withinMs;
    await master.start();
    const asked =
      kind === 'server'
        ? [`${master.url}/healthz`, `${source.url}/sense?since=x`]
        : [`${master.url}/healthz`];
    let slowestMs = 0;
    const look = async (): Promise<boolean> => {
      for (const each of asked) {
        const startMs = performance.now();
        await (await fetch(each)).text();
        slowestMs = Math.max(slowestMs, performance.now() - startMs);
      }
      // Its status would be megabytes each time.
      return (await master.metric('longhaul_files{source="many",state="published"}')) === files;
    };
    // At the pace of somebody who watches: asked without a pause, it would do little else.
    await eventually('all are published', look, withinMs, 100);
    // Far from what it is on a quiet machine (docs/decisions/0012-master.md), and nearer than any import would take.
    expect(slowestMs).toBeLessThan(2000);
    expect(await master.metric('process_resident_memory_bytes')).toBeLessThan(mostBytes);
    const contents = new Map(
      Array.from({ length: files }, (_, index) => [nameOf(index), Buffer.from(contentOf(index))]),
    );
    const runs = await expectReplay(`sqlite:${folder.file('test.db')}`, ({ file }) => contents.get(file));
    expect(runs.length).toBe(files);

    // One of them changes: that one is imported, and no other.
    writeFileSync(join(source.hosted, nameOf(7)), `${contentOf(7)}New,new,row\n`);
    const changed = createHash('sha256')
      .update(`${contentOf(7)}New,new,row\n`)
      .digest('hex');
    await master.published('many', nameOf(7), changed);
    expect(value(folder.file('test.db'), 'SELECT count(*) FROM _longhaul_runs')).toBe(files + 1);
  },
);
