/** A folder with very many files, hosted by a source server or watched by the master itself: LONGHAUL_TEST_FILES of them. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { value } from '../helpers/dump.ts';
import { expectReplay } from '../helpers/expect-replay.ts';
import { MasterProcess, SourceProcess } from '../helpers/master-process.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

/** The 10,000 take three minutes on two cores, both ways of bringing them together. */
const files = Number(process.env['LONGHAUL_TEST_FILES'] ?? 400);
const withinMs = 60_000 + 60 * files;
/** Peak memory of a process in MiB. Ten thousand files took 500; each import for itself takes about 250. */
const mostMebibytes = 800;

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

async function peakMebibytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const now = /^process_resident_memory_bytes (\d+)/m.exec(text)?.[1];
  return Number(now) / 2 ** 20;
}

test.for(['server', 'folder'] as const)(
  `${files} files of a %s: imported exactly, answers meanwhile, and little memory`,
  { timeout: 2 * withinMs },
  async (kind) => {
    using folder = new TempFolder();
    await using source = new SourceProcess(folder, 'hosted');
    for (let index = 0; index < files; index++)
      writeFileSync(join(source.hosted, nameOf(index)), contentOf(index));
    if (kind === 'server') await source.start();
    const url = kind === 'server' ? source.url : source.hosted;
    const args = ['--db', 'sqlite:test.db', '--source', `many=${url}`, '--quiet'];
    await using master = await MasterProcess.start(folder, args);
    const asked =
      kind === 'server'
        ? [`${master.url}/healthz`, `${source.url}/sense?since=x`]
        : [`${master.url}/healthz`];
    const done = new AbortController();
    let slowestMs = 0;
    const asking = (async () => {
      while (!done.signal.aborted) {
        await sleep(100);
        for (const each of asked) {
          const startMs = performance.now();
          await (await fetch(each)).text();
          slowestMs = Math.max(slowestMs, performance.now() - startMs);
        }
      }
    })();
    await master.until(
      'all are published',
      ({ sources }) =>
        sources[0]?.files.length === files && sources[0].files.every(({ state }) => state === 'published'),
      withinMs,
    );
    done.abort();
    await asking;
    // Far from what it is on a quiet machine (docs/decisions/0012-master.md), and nearer than any import would take.
    expect(slowestMs).toBeLessThan(2000);
    expect(await peakMebibytes(master.url)).toBeLessThan(mostMebibytes);
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
