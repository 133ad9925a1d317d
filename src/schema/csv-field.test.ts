import { expect, test } from 'vitest';
import { csvField, safeCsvField } from './csv-field.ts';

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\uff1d1', '=HYPERLINK("http://x","y")'])(
  '%j is no formula any more, and nothing else of it changes',
  (text) => {
    const field = safeCsvField(text);
    const content = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
    expect(content).toBe(`'${text}`);
  },
);

test.each(["'=1", 'a=1', '', ' =1', 'x'])('%j is left as it is', (text) => {
  expect(safeCsvField(text)).toBe(csvField(text));
});

test('numbers and nothing are no texts', () => {
  expect([safeCsvField(-5), safeCsvField(null)]).toEqual(['-5', '']);
});
