/** How often sources are asked and how patiently: said for all, or of one. */
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const csv = `${header}Ann,s1,one\n`;
const isSense = (url: string | undefined): boolean => url === '/sense';

test('intervals and time-outs of longhaul.yaml and of the command line', async () => {
  using folder = new TempFolder();
  /** Says once that there is something, and then never again. */
  let asked = 0;
  await using forgetful = await OddServer.http(({ url }, response) => {
    response.end(isSense(url) ? `{"status":${asked++ === 0 ? 1 : 0}}` : csv);
  });
  await using seldom = await OddServer.http(
    ({ url }, response) => void response.end(isSense(url) ? '{"status":0}' : csv),
  );
  await using stalling = await OddServer.http(({ url }, response) => {
    if (isSense(url)) return void response.end('{"status":1}');
    response.writeHead(200, { 'content-length': 100 }).write(csv);
  });
  await using silent = await OddServer.http(() => undefined);
  folder.write(
    'longhaul.yaml',
    `sense-interval: 0.1
stall-timeout: 0.4
sources:
  forgetful: { url: ${forgetful.url}, kind: plain, reread-interval: 1 }
  seldom: { url: ${seldom.url}, kind: plain, sense-interval: 3600 }
  stalling: { url: ${stalling.url}, kind: plain }
  silent: { url: ${silent.url}, kind: plain, sense-timeout: 0.3, stall-timeout: 60 }
`,
  );
  const args = ['--db', 'sqlite:test.db', '--log-level', 'error'];
  await using master = await MasterProcess.start(folder, args);
  const reads = (): number => forgetful.requests.filter((request) => request === 'GET /read').length;
  await eventually('it is read again without being told', () => reads() >= 3);
  await master.until('what stalls is told', ({ sources }) => {
    const file = sources.find(({ name }) => name === 'stalling')?.files[0];
    return file?.trouble?.reason === `stalling: ${stalling.url}/read said nothing more for 0.4 s`;
  });
  await master.until('what is silent is told', ({ sources }) => {
    const source = sources.find(({ name }) => name === 'silent');
    return source?.state === 'slow' && source.trouble?.reason === 'it has not answered within 0.3 s';
  });
  expect(seldom.requests.filter((request) => request === 'GET /sense').length).toBe(1);
  const { nextSenseMs } = (await master.source('seldom'))!;
  expect(nextSenseMs! - Date.now()).toBeGreaterThan(3_000_000);
});
