/** Every route of the API, asked as it wants to be and as it does not: what it answers is documented. */
import { expect } from 'vitest';
import { addressOf, type Asked } from '../../src/api/client.ts';
import type { Row } from '../../src/api/wire/rows.ts';
import { type RouteName, routes } from '../../src/api/wire/routes.ts';
import { ApiContract, brokenRequests } from '../helpers/api-contract.ts';
import { longhaul } from '../helpers/cli.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const config = `datasets:
  orders:
    key: [shop, number]
    count-by: paid
    types: { amount: real, paid: boolean, quantity: integer, ordered: timestamp }
    max-rejects: 1
  readings:
    columns: [sensor, value]
    types: { value: real }
    header: false
sources:
  products: products.csv
  orders: { url: orders.csv, table: orders }
  readings: { url: readings.csv, table: readings }
  bad: { url: bad.csv, table: orders }
`;
const files = {
  'products.csv': `${header}Ann,s1,one\nAnn,s2,two\nBob,s/3 %,"three, ""3"""\n=1+1,=cmd|1,\nfew,fields\n`,
  'orders.csv': `shop,number,amount,paid,quantity,ordered\na,"1,2",9.5,yes,12345678901234567,2026-01-02T00:00:00\nb,%,,no,,\n`,
  'readings.csv': 't1,20.5\nt2,\n',
  'bad.csv': `shop,number,amount,paid,quantity,ordered\nx\ny\n`,
} as const;

export interface ContractScene {
  /** The URL of a database that is not there yet. */
  readonly database: (folder: TempFolder) => string;
  readonly execute: (database: string, sql: string) => Promise<unknown>;
}

export async function keepContract({ database, execute }: ContractScene): Promise<void> {
  using folder = new TempFolder();
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  const url = database(folder);
  const settings = ['--db', url, '--config', folder.write('longhaul.yaml', config)];
  // As a process that died has left it.
  expect(await longhaul(['init', '--db', url], { cwd: folder.path })).toMatchObject({ status: 0 });
  await execute(url, unfinishedRun);
  await using master = await MasterProcess.start(folder, [
    ...[...settings, '--sense-interval', '0.1', '--log-level', 'error'],
  ]);
  for (const name of ['products', 'orders', 'readings'] as const) await master.published(name, `${name}.csv`);
  await master.until('bad has failed', ({ sources }) =>
    sources.some(({ name, filesBy }) => name === 'bad' && filesBy.failed === 1),
  );
  const contract = new ApiContract(master.url);
  await bothWays(contract);
  const good = await goodRequests(contract);
  for (const [name, requests] of Object.entries(good) as [RouteName, readonly Asked<RouteName>[]][]) {
    for (const asked of requests) {
      const answer = await contract.call(name, asked);
      expect(answer.code, `${name} ${JSON.stringify(asked)}: ${answer.text}`).toBeNull();
    }
  }
  for (const [name, requests] of Object.entries(good) as [RouteName, readonly Asked<RouteName>[]][]) {
    const [first] = requests;
    if (first === undefined) continue;
    for (const { address, options } of brokenRequests(name, first))
      await contract.send(name, address, options);
  }
  await refusals(contract);
  const { text } = await contract.call('status', {});
  expect(text).not.toContain('secret');
  await expectAllAnswered(contract, master.url);
  // Nothing of all this was more than the master could bear.
  expect(master.command.stderr).toBe('');
}

/** A list from its end is the list from its beginning, the other way round, whatever the pages. */
async function bothWays(contract: ApiContract): Promise<void> {
  const all = async (name: 'rows' | 'counts', query: object): Promise<unknown[]> => {
    const items: unknown[] = [];
    for (let after: string | undefined; ; ) {
      const asked = { params: { dataset: 'products' }, query: { ...query, limit: 1, after } };
      const { body } = await contract.call(name, asked);
      const page = body as { items: unknown[]; next: string | null };
      items.push(...page.items);
      if (page.next === null) return items;
      after = page.next;
    }
  };
  const lists = [
    ['rows', {}],
    ['rows', { by: 'name' }],
    ['rows', { q: 's' }],
    ['counts', {}],
    ['counts', { sort: 'number' }],
    ['counts', { sort: 'value' }],
  ] as const;
  for (const [name, query] of lists) {
    const forwards = await all(name, { ...query, order: 'asc' });
    expect(forwards.length).toBeGreaterThan(1);
    expect(await all(name, { ...query, order: 'desc' }), JSON.stringify(query)).toEqual(
      forwards.toReversed(),
    );
  }
}

const unfinishedRun = `INSERT INTO _longhaul_runs (dataset, source, file, state, settings, ignored_columns, started_ms)
  VALUES ('products', 'gone', 'left.csv', 'staging', '', '[]', 1)`;

type GoodRequests = { readonly [Name in RouteName]?: readonly Asked<Name>[] };

/** Several of each route, all of which are answered with what they are there for. */
async function goodRequests(contract: ApiContract): Promise<GoodRequests> {
  const rowsOf = async (dataset: string): Promise<Row[]> => {
    const { body } = await contract.call('rows', { params: { dataset } });
    return (body as { items: Row[] }).items;
  };
  const [orders, readings] = [await rowsOf('orders'), await rowsOf('readings')];
  expect(orders.map(({ id }) => id)).toEqual(['a,1%2C2', 'b,%25']);
  expect(orders[0]?.values).toEqual({
    ...{ shop: 'a', number: '1,2', amount: 9.5, paid: true, quantity: '12345678901234567' },
    ordered: '2026-01-02 00:00:00',
  });
  const rowNames = [
    ...[
      { dataset: 'products', key: 's1' },
      { dataset: 'products', key: 's/3 %' },
      { dataset: 'products', key: '=cmd|1' },
    ],
    ...orders.map(({ id: key }) => ({ dataset: 'orders', key })),
    ...readings.map(({ id: key }) => ({ dataset: 'readings', key })),
  ];
  const ofRows = rowNames.map((params) => ({ params }));
  const { body: runs } = await contract.call('runs', { query: { status: 'failed' } });
  const failed = (runs as { items: { run: number }[] }).items[0]!.run;
  const { body: left } = await contract.call('runs', { query: { source: 'gone' } });
  const unfinished = (left as { items: { run: number }[] }).items[0]!.run;
  const { body: brought } = await contract.call('runs', { query: { source: 'products' } });
  const published = (brought as { items: { run: number }[] }).items[0]!.run;
  const ofRun = { params: { run: published } };
  const s1 = { dataset: 'products', key: 's1' };
  return {
    status: [{}],
    throughput: [{}],
    datasets: [{}],
    dataset: [{ params: { dataset: 'products' } }, { params: { dataset: 'readings' } }],
    rows: [
      { params: { dataset: 'products' }, query: { limit: 1, order: 'desc' } },
      { params: { dataset: 'products' }, query: { q: 's', by: 'sku' } },
      { params: { dataset: 'products' }, query: { q: 'Ann', by: 'name', match: 'exact', limit: 1 } },
      { params: { dataset: 'orders' }, query: { q: 'true', by: 'paid', match: 'exact' } },
      { params: { dataset: 'readings' } },
    ],
    row: ofRows,
    changeRow: [
      { params: s1, body: { values: { name: 'Zoe' } } },
      { params: s1, headers: { 'if-match': '*' }, body: { values: { description: '' } } },
      {
        params: { dataset: 'orders', key: 'b,%25' },
        body: {
          values: { amount: 1.5, paid: true, quantity: '9007199254740993', ordered: '2026-02-03T04:05:06Z' },
        },
      },
    ],
    story: ofRows,
    takeBackEdit: [{ params: { dataset: 'orders', key: 'b,%25' } }, { params: s1 }],
    counts: [
      { params: { dataset: 'products' } },
      {
        params: { dataset: 'products' },
        query: { by: 'name', sort: 'value', q: 'A', order: 'desc', limit: 1 },
      },
      { params: { dataset: 'orders' }, query: { number: 1 } },
    ],
    distribution: [
      { params: { dataset: 'products' } },
      { params: { dataset: 'orders' }, query: { by: 'paid' } },
    ],
    runs: [{}, { query: { dataset: 'orders', status: 'done', limit: 1 } }],
    run: [ofRun, { params: { run: failed } }],
    chunks: [ofRun],
    rejects: [ofRun, { ...ofRun, query: { code: 'too_few_fields', limit: 1 } }],
    rejectsCsv: [ofRun, { ...ofRun, query: { form: 'raw' } }],
    cancelRun: [{ params: { run: unfinished } }],
    retryRun: [{ params: { run: failed } }],
    sources: [{}],
    source: [{ params: { source: 'products' } }],
    files: [
      { params: { source: 'products' } },
      { params: { source: 'bad' }, query: { state: 'failed', limit: 1 } },
    ],
    senseSource: [{ params: { source: 'products' } }],
    addSource: [
      { body: { name: 'far', url: 'http://far.example.invalid/x.csv?token=secret' } },
      { body: { name: 'further', url: 'https://far.example.invalid/', kind: 'longhaul', dataset: 'orders' } },
    ],
    changeSource: [{ params: { source: 'far' }, body: { paused: true } }],
    removeSource: [{ params: { source: 'further' } }],
  };
}

/** Problems that no broken schema leads to. */
async function refusals(contract: ApiContract): Promise<void> {
  const code = async <Name extends RouteName>(name: Name, asked: Asked<Name>): Promise<string | null> =>
    (await contract.call(name, asked)).code;
  const s1 = { params: { dataset: 'products', key: 's1' } };
  const change = (values: Record<string, string | number | boolean | null>, ifMatch?: string) =>
    code('changeRow', {
      ...s1,
      body: { values },
      ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
    });
  expect(await change({ name: 'Ann' }, '"0000000000000000"')).toBe('edit_outdated');
  expect(await change({ sku: 's9' })).toBe('edit_of_key');
  expect(await change({ color: 'red' })).toBe('edit_unknown_column');
  expect(await change({ name: 5 })).toBe('edit_bad_value');
  expect(await change({ name: null })).toBe('edit_bad_value');
  expect(await change({})).toBe('edit_changes_nothing');
  const order = { params: { dataset: 'orders', key: 'b,%25' } };
  for (const values of [
    { quantity: 2 ** 60 },
    { quantity: 1.5 },
    { paid: 1 },
    { amount: 'much' },
    { amount: '' },
  ])
    expect(await code('changeRow', { ...order, body: { values } })).toBe('edit_bad_value');
  expect(
    await code('changeRow', {
      params: { dataset: 'products', key: 'none' },
      body: { values: { name: 'x' } },
    }),
  ).toBe('row_not_found');
  expect(
    await code('changeRow', { params: { dataset: 'orders', key: 'b' }, body: { values: { amount: 2 } } }),
  ).toBe('row_not_found');
  const reading = { params: { dataset: 'readings', key: '3,1' }, body: { values: { value: 1 } } };
  expect(await code('changeRow', reading)).toBe('edit_without_key');
  const s2 = { params: { dataset: 'products', key: 's2' } };
  expect(await code('takeBackEdit', s2)).toBe('edit_not_standing');
  const { headers, body } = await contract.call('row', s2);
  expect(headers['etag']).toBe(`"${(body as Row).hash}"`);
  const unchanged = { headers: { 'if-none-match': String(headers['etag']) } };
  const again = await contract.send('row', addressOf('row', s2), unchanged);
  expect([again.status, again.text]).toEqual([304, '']);
  const byPaid = { params: { dataset: 'orders' }, query: { q: 't', by: 'paid' } };
  expect(await code('counts', byPaid)).toBe('not_searchable');
  expect(await code('rows', { params: { dataset: 'nothing' } })).toBe('not_found');
  expect(await code('rows', { params: { dataset: 'products' }, query: { by: 'description' } })).toBe(
    'not_searchable',
  );
  expect(await code('rows', { params: { dataset: 'products' }, query: { after: 'e30' } })).toBe(
    'cursor_wrong',
  );
  expect(await code('counts', { params: { dataset: 'products' }, query: { by: 'sku' } })).toBe('not_counted');
  expect(await code('counts', { params: { dataset: 'readings' } })).toBe('not_counted');
  expect(await code('run', { params: { run: 1_000_000 } })).toBe('not_found');
  const { body: done } = await contract.call('runs', { query: { status: 'done', limit: 1 } });
  const { run } = (done as { items: { run: number }[] }).items[0]!;
  expect(await code('cancelRun', { params: { run } })).toBe('run_not_running');
  expect(await code('retryRun', { params: { run } })).toBe('run_not_retryable');
  expect(await code('senseSource', { params: { source: 'far' } })).toBe('source_paused');
  expect(await code('changeSource', { params: { source: 'products' }, body: { paused: true } })).toBe(
    'source_in_config',
  );
  expect(await code('removeSource', { params: { source: 'products' } })).toBe('source_in_config');
  expect(await code('addSource', { body: { name: 'far', url: 'http://far.example.invalid' } })).toBe(
    'source_there',
  );
  expect(await code('addSource', { body: { name: 'a b', url: 'http://far.example.invalid' } })).toBe(
    'source_refused',
  );
  expect(await code('addSource', { body: { name: 'x', url: 'http://127.0.0.1:1' } })).toBe(
    'address_not_allowed',
  );
  expect(await code('addSource', { body: { name: 'x', url: '/etc/passwd' } })).toBe('address_not_allowed');
}

/** All that the document of this master describes; those of browsers and of uploads have tests of their own. */
async function expectAllAnswered(contract: ApiContract, url: string): Promise<void> {
  const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: RouteName }>>;
  };
  const described = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((one) => one.operationId),
  );
  const elsewhere: ReadonlySet<RouteName> = new Set([
    'events',
    'session',
    'openSession',
    'closeSession',
    'upload',
    'uploads',
    'uploaded',
    'preview',
  ]);
  expect(described.filter((name) => !elsewhere.has(name)).toSorted()).toEqual(
    [...contract.answered].toSorted(),
  );
  expect(described.every((name) => name in routes)).toBe(true);
}
