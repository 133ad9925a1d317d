import { expect, test } from 'vitest';
import type { PreviewAnswer } from '../../../src/api/wire/imports.ts';
import { better, readingOf } from './reading.ts';

const comma = { delimiter: ',', quote: '"', escape: null, header: true, encoding: 'utf-8' };

function previewed(sniffed: typeof comma, dialect: typeof comma): PreviewAnswer {
  return {
    ...{ name: 'a.csv', dataset: 'products', columns: [], ignoredColumns: [], rows: [], rejects: [] },
    ...{ sniffed: { ...sniffed, reasons: [] }, dialect, problem: null },
  };
}

test('what is not there is called none', () => {
  expect(readingOf({ ...comma, quote: null })).toMatchObject({
    quote: 'none',
    escape: 'none',
    header: 'true',
  });
});

test('what a file looks like counts when it was read otherwise', () => {
  expect(better(previewed(comma, comma))).toBeNull();
  expect(better(previewed({ ...comma, delimiter: ';' }, comma))).toMatchObject({
    delimiter: ';',
    encoding: 'utf-8',
  });
});
