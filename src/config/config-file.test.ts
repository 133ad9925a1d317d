import { expect, test } from 'vitest';
import { LonghaulError } from '../runtime/errors.ts';
import { parseConfig } from './config-file.ts';

function mistakesIn(text: string): readonly string[] {
  try {
    parseConfig(text, 'longhaul.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'config_wrong') throw error;
    return error.facts['mistakes'] as readonly string[];
  }
}

test('options and datasets, names to the letter', () => {
  const { options, datasets } = parseConfig(
    `# what we keep
db: sqlite:shop.db
threads: 2
max-rejects: 5%
datasets:
  orders:
    key: [id, 0017]
    count-by: status
    types: { amount: real, __proto__: date }
    columns: &names [id, 0017, status, amount, __proto__, true]
    delimiter: ';'
    header: false
  "t\\"able":
  copy: { key: id, columns: *names }
`,
    'x.yaml',
  );
  expect([...options]).toEqual([
    ['db', 'sqlite:shop.db'],
    ['threads', '2'],
    ['maxRejects', '5%'],
  ]);
  expect([...datasets.keys()]).toEqual(['orders', 't"able', 'copy']);
  const names = ['id', '0017', 'status', 'amount', '__proto__', 'true'];
  expect(datasets.get('orders')).toEqual({
    plan: {
      ...{ name: 'orders', key: ['id', '0017'], countBy: ['status'], columns: names },
      types: new Map([
        ['amount', 'real'],
        ['__proto__', 'date'],
      ]),
    },
    options: new Map([['delimiter', ';']]),
    header: false,
  });
  expect(datasets.get('copy')?.plan).toMatchObject({ key: ['id'], columns: names });
  expect(datasets.get('t"able')?.plan).toMatchObject({
    key: null,
    countBy: null,
    columns: null,
    types: null,
  });
});

test.each(['', '# nothing yet\n', 'datasets: {}\n'])('a file that says nothing: %j', (text) => {
  const { options, datasets } = parseConfig(text, 'x.yaml');
  expect([options.size, datasets.size]).toEqual([0, 0]);
});

test('sources: a URL alone, or entries', () => {
  const { sources } = parseConfig(
    `sources:
  shop-1: http://shop.example:5001/stock
  depot: { url: data/depot, kind: folder, table: orders, token-file: /run/depot, paused: true }
  far: { url: http://far, sense-interval: 60, sense-timeout: 2.5, reread-interval: 86400, connect-timeout: 20, stall-timeout: 120 }
`,
    'x.yaml',
  );
  const usual = { kind: null, table: null, tokenFile: null, paused: false, patience: {} };
  expect(sources).toEqual([
    { ...usual, name: 'shop-1', url: 'http://shop.example:5001/stock' },
    {
      ...{ name: 'depot', url: 'data/depot', kind: 'folder', table: 'orders' },
      ...{ tokenFile: '/run/depot', paused: true, patience: {} },
    },
    {
      ...{ ...usual, name: 'far', url: 'http://far' },
      patience: {
        ...{ senseIntervalMs: 60_000, senseTimeoutMs: 2500, rereadMs: 86_400_000 },
        ...{ connectMs: 20_000, silentMs: 120_000 },
      },
    },
  ]);
});

test.each<[text: string, mistakes: readonly unknown[]]>([
  [
    `sources:
  local: http://a
  b c: http://a
  c: ftp://a
  d: localhost:5001
  e: http://ann:secret@a/
  f: { kind: longhaul }
  g: { url: data, kind: ours, colour: red, token-file: '', paused: 2 }
  h:
  i: { url: data, sense-interval: 2s, stall-timeout: 0 }
`,
    [
      'line 2: a source cannot be called "local": it must be another name: files that "longhaul import" has brought belong to "local"',
      'line 3: a source cannot be called "b c": it must be up to 63 letters, digits, dots, hyphens and underscores, such as shop-1',
      'line 4: the url of "c" cannot be "ftp://a": it must be http://HOST…, https://HOST…, or the path of a file or folder',
      'line 5: the url of "d" cannot be "localhost:5001": it must begin with http:// or https://: http://localhost:5001',
      'line 6: the url of "e" cannot be "http://…@a/": it must not hold a user or a password: a token belongs into a file or the environment',
      'line 7: the url of "f" cannot be "": it must be said',
      'line 8: "colour" is not known here; it must be one of url, kind, table, token-file, paused, sense-interval, sense-timeout, reread-interval, connect-timeout, stall-timeout',
      'line 8: token-file: it must be at least one character',
      'line 8: paused: it must be true or false',
      'line 8: kind: it must be one of longhaul, plain, url, file, folder',
      'line 9: "h" must hold names with their values, such as "threads: 4"',
      'line 9: the url of "h" cannot be "": it must be said',
      'line 10: sense-interval cannot be "2s": it must be seconds from 0.05 to 86400',
      'line 10: stall-timeout cannot be "0": it must be seconds from 0.05 to 3600',
    ],
  ],
  [
    'treads: 4',
    [
      'line 1: "treads" is not known here; it must be one of db, table, threads, chunk-size, max-record-size, staging-memory, publish-partitions, limit, upload-limit, allow-private-sources, allowed-hosts, sense-interval, sense-timeout, reread-interval, connect-timeout, stall-timeout, delimiter, quote, escape, encoding, max-rejects, datasets, sources',
    ],
  ],
  [
    '\nthreads: 0\ndelimiter: ab\n',
    [
      'line 2: threads cannot be "0": it must be a whole number from 1 to 64',
      expect.stringMatching(/^line 3: delimiter cannot be "ab": it must be one ASCII/),
    ],
  ],
  ['threads:\n', ['line 1: threads: it must be a whole number from 1 to 64']],
  ['- a\n', ['line 1: the file must hold names with their values, such as "threads: 4"']],
  ['datasets: [a]\n', ['line 1: "datasets" must hold names with their values, such as "threads: 4"']],
  [
    'datasets:\n  a:\n    key: [[x]]\n',
    ['line 3: key: it must be the name of a column, or a list of names such as [sku, shop]'],
  ],
  [
    'datasets:\n  a:\n    types:\n      x: money\n',
    ['line 4: the type of "x" must be one of text, integer, real, boolean, date, timestamp'],
  ],
  ['datasets:\n  a:\n    header: ja\n', ['line 3: header: it must be true or false']],
  [
    'datasets:\n  a:\n    threads: 2\n',
    [expect.stringMatching(/^line 3: "threads" is not known here; it must be one of key, count-by/)],
  ],
  [
    'datasets:\n  a:\n    columns: [x]\n    key: y\n',
    ['line 2: "a": its key "y" is no column; the columns are "x"'],
  ],
  [
    'datasets:\n  a: { key: x, types: { x: real } }\n',
    [expect.stringMatching(/^line 2: "a": its key "x" must be text/)],
  ],
  ['threads: 1\nthreads: 2\n', [expect.stringMatching(/^line 2: .*unique/)]],
  ['a: [\n', [expect.stringMatching(/^line \d: /)]],
  ['db: *nobody\n', [expect.stringMatching(/^line 1: /)]],
  ['db: !!js/function x\nthreads: "\\x00"\n', [expect.stringMatching(/^line 2: threads cannot be/)]],
])('%j', (text, mistakes) => {
  expect(mistakesIn(text)).toEqual(mistakes);
});
