/** What a master tells whoever watches over it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { ask } from '../helpers/raw-request.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const documented = new Set(
  readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8').match(/longhaul_[a-z_]+/g),
);
/** PostgreSQL's alone. */
const ofWorkers = /^longhaul_worker/;

test('all that one would alert on, as it is documented', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', `${header}Ann,1,one\nBob,2\n`);
  const args = ['--source', 'shop=a.csv', '--sense-interval', '0.1', '--max-rejects', '10', '--quiet'];
  await using master = await MasterProcess.start(folder, args);
  await master.published('shop', 'a.csv');
  const number = async (line: string): Promise<number | null> => {
    const { text } = await ask(`${master.url}/metrics`);
    const found = text.split('\n').find((each) => each.startsWith(`${line} `));
    return found === undefined ? null : Number(found.slice(line.length + 1));
  };
  folder.write('a.csv', `${header}Ann,1,uno\nBob,2\n`);
  await eventually(
    'it is published',
    async () => (await number('longhaul_publish_number{table="products"}')) === 2,
  );
  expect(await number('longhaul_publish_lock_seconds_count{table="products"}')).toBe(2);
  expect(await number('longhaul_publish_lock_seconds_sum{table="products"}')).toBeGreaterThan(0);
  expect(await number('longhaul_runs_total{source="shop",status="done"}')).toBe(2);
  expect(await number('longhaul_records_total{source="shop",outcome="rejected"}')).toBe(2);
  expect(await number('longhaul_records_staged_total')).toBe(4);
  expect(await number('longhaul_versions_waiting')).toBe(0);
  expect(await number('longhaul_database_up')).toBe(1);

  const events = new AbortController();
  const listening = await fetch(`${master.url}/api/events`, { signal: events.signal });
  expect(listening.status).toBe(200);
  expect(await number('longhaul_event_listeners')).toBe(1);
  events.abort();
  await eventually('it has left', async () => (await number('longhaul_event_listeners')) === 0);

  expect((await ask(`${master.url}/nowhere`)).status).toBe(404);
  expect(
    (await ask(`${master.url}/api/datasets`, { headers: { origin: 'http://evil.example' } })).status,
  ).toBe(403);
  expect((await ask(`${master.url}/api/datasets/products/rows?limit=0`)).status).toBe(400);
  expect(await number('longhaul_http_refusals_total{code="address_unknown"}')).toBe(1);
  expect(await number('longhaul_http_refusals_total{code="cross_site"}')).toBe(1);
  expect(await number('longhaul_http_refusals_total{code="request_wrong"}')).toBe(1);

  const { text } = await ask(`${master.url}/metrics`);
  const told = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name);
  expect(told).toContain('nodejs_eventloop_lag_seconds');
  const ours = told.filter((name) => name.startsWith('longhaul_'));
  expect(new Set(ours)).toEqual(new Set([...documented].filter((name) => !ofWorkers.test(name))));
});
