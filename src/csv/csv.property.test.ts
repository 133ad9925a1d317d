/** Random files, cut at random: scanner and parser always say what the reference says. fast-check prints the seed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutCsv, readCsv } from '../reference/csv.ts';
import { bytesOf } from './cases.ts';
import type { Dialect } from './dialect.ts';
import { asSeen, runFast } from './testing.ts';

// `size: 'max'` everywhere: without it fast-check stays near 10 elements, whatever maxLength says.

// Dense in what decides: most random text holds every state of the automaton several times.
const piece = fc.constantFrom(
  '"',
  '"',
  '""',
  ',',
  ',',
  '\r',
  '\n',
  '\r\n',
  '\n',
  'a',
  'é',
  '\uFEFF',
  '\\',
  '\u00ff',
  ' ',
  '\0',
);
const wildText = fc.array(piece, { maxLength: 60, size: 'max' }).map((pieces) => pieces.join(''));

// Well-formed for the most part, so that records follow each other.
const field = fc.oneof(
  fc.constantFrom('', 'a', 'bcd', '5" x', 'é'),
  fc
    .array(fc.constantFrom('a', ',', '\n', '\r', '\r\n', '""', 'é'), { maxLength: 5, size: 'max' })
    .map((parts) => `"${parts.join('')}"`),
);
const line = fc.array(field, { maxLength: 4, size: 'max' }).map((fields) => fields.join(','));
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const tidyText = fc
  .tuple(
    fc.constantFrom('', '\uFEFF', '\n'),
    fc.array(fc.tuple(line, lineEnd), { maxLength: 12, size: 'max' }),
    fc.constantFrom('', 'x', '"'),
  )
  .map(([start, lines, end]) => start + lines.flat().join('') + end);

const dialect: fc.Arbitrary<Dialect> = fc.record({
  delimiter: fc.constantFrom(0x2c, 0x2c, 0x61),
  quote: fc.constantFrom(0x22, 0x22, 0x22, null),
  escape: fc.constantFrom(null, null, 0x5c, 0x22),
  header: fc.boolean(),
});

const path = fc.record({
  dialect,
  chunkBytes: fc.integer({ min: 1, max: 40 }),
  maxRecordBytes: fc.oneof(fc.integer({ min: 3, max: 30 }), fc.constant(1000)),
  blockEnds: fc
    .array(fc.nat(100), { maxLength: 8, size: 'max' })
    .map((ends) => ends.toSorted((a, b) => a - b)),
  capacity: fc.constantFrom(1, 2, 50),
});

test('scanner and parser agree with the reference', () => {
  const seen = {
    records: 0,
    oversized: 0,
    stray: 0,
    blankLines: 0,
    openQuotes: 0,
    headersTooLarge: 0,
    cuts: 0,
  };
  fc.assert(
    fc.property(fc.oneof(wildText, tidyText), path, (text, way) => {
      const bytes = bytesOf(text);
      const blockEnds = way.blockEnds.map((end) => Math.min(end, bytes.length));
      const csv = readCsv(bytes, way.dialect, way.maxRecordBytes);
      const fast = runFast(bytes, { ...way, blockEnds });
      const cuts = cutCsv(bytes, csv, way.chunkBytes);
      seen.headersTooLarge += csv.headerTooLarge ? 1 : 0;
      if (csv.headerTooLarge) {
        expect(fast).toMatchObject({ headerTooLarge: true, cuts: [] });
        return;
      }
      expect(fast).toEqual(asSeen(csv, cuts));
      seen.records += csv.records.length;
      seen.oversized += csv.records.filter(({ oversized }) => oversized).length;
      seen.stray += csv.records.filter(({ stray }) => stray).length;
      seen.blankLines += csv.blankLines;
      seen.openQuotes += csv.openQuote === null ? 0 : 1;
      seen.cuts += cuts.length;
    }),
    { numRuns: 6000 },
  );
  // The random files must reach what they are for: each of these comes up in about 1 of 20 files or more.
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(150);
});
