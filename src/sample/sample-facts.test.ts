import { isAscii } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sampleBlocks } from './blocks.ts';

/*
 * The facts of the catalogue that the sample imitates, counted from the bytes by a parser that shares nothing with
 * the generator: one state, one byte at a time.
 */
const records = 500_000;

/** Calls back with where each field of each record begins and ends, quotes included; knows just LF and RFC 4180. */
function eachRecord(
  csv: Buffer,
  take: (index: number, ends: readonly number[], start: number) => void,
): void {
  let inQuotes = false;
  let start = 0;
  let index = 0;
  let ends: number[] = [];
  for (let at = 0; at < csv.length; at++) {
    const byte = csv[at];
    if (byte === 0x22) {
      inQuotes = !inQuotes; // a doubled quote goes out and in again
    } else if (!inQuotes && (byte === 0x2c || byte === 0x0a)) {
      ends.push(at);
      if (byte === 0x0a) {
        take(index++, ends, start);
        ends = [];
        start = at + 1;
      }
    }
  }
  expect([inQuotes, start]).toEqual([false, csv.length]);
}

test('at 500,000 records the sample has the facts of the catalogue', () => {
  const csv = Buffer.concat([...sampleBlocks({ records, seed: 1 })]);
  const names = new Map<string, number>();
  const firstOfSku = new Map<string, number>();
  const descriptionStarts = new Int32Array(records);
  const descriptionEnds = new Int32Array(records);
  const repeatsPerTenth = Array.from({ length: 10 }, () => 0);
  const sentenceCounts = [0, 0, 0, 0, 0, 0];
  const seen = {
    records: 0,
    wrongFields: 0,
    oddSkus: 0,
    sameAgain: 0,
    quoted: 0,
    broken: 0,
    quotes: 0,
    commas: 0,
  };

  eachRecord(csv, (number, ends, start) => {
    if (number === 0) {
      expect(csv.toString('latin1', 0, ends[2])).toBe('name,sku,description');
      return;
    }
    const [nameEnd = 0, skuEnd = 0, descriptionEnd = 0] = ends;
    const index = number - 1;
    const name = csv.toString('latin1', start, nameEnd);
    const sku = csv.toString('latin1', nameEnd + 1, skuEnd);
    const description = csv.toString('latin1', skuEnd + 1, descriptionEnd);
    descriptionStarts[index] = skuEnd + 1;
    descriptionEnds[index] = descriptionEnd;

    seen.records++;
    seen.wrongFields += ends.length === 3 ? 0 : 1;
    seen.oddSkus += /^[a-z]{2,6}-[a-z]{2,6}-[a-z]{2,6}-[a-z]{2,6}$/.test(sku) ? 0 : 1;
    names.set(name, (names.get(name) ?? 0) + 1);
    const earlier = firstOfSku.get(sku);
    if (earlier === undefined) {
      firstOfSku.set(sku, index);
    } else {
      repeatsPerTenth[Math.floor((index * 10) / records)]! += 1;
      const before = csv.toString('latin1', descriptionStarts[earlier], descriptionEnds[earlier]);
      seen.sameAgain += before === description ? 1 : 0;
    }

    sentenceCounts[description.split('.').length - 1]! += 1;
    seen.broken += description.includes('\n') ? 1 : 0;
    if (description.startsWith('"')) {
      seen.quoted++;
      seen.quotes += description.includes('""') ? 1 : 0;
      seen.commas += description.includes(',') ? 1 : 0;
    }
  });

  expect(seen).toMatchObject({ records, wrongFields: 0, oddSkus: 0, sameAgain: 0 });
  expect(firstOfSku.size).toBe(466_693);
  expect(firstOfSku.get('lay-raise-best-end')).toBe(0);
  // 33,307 in all, evenly spread: each tenth has its 3,330.7.
  expect(Math.min(...repeatsPerTenth)).toBe(3_330);
  expect(Math.max(...repeatsPerTenth)).toBe(3_331);

  expectBetween(names.size, 220_500, 223_500);
  expect(names.has('Bryce Jones')).toBe(true);
  const topTen = [...names.values()].sort((one, other) => other - one).slice(0, 10);
  expectBetween(topTen[0]!, 200, 320);
  expectBetween(topTen[9]!, 90, 160);

  expectBetween(seen.broken / records, 0.45, 0.49);
  expectBetween(seen.quoted / records, 0.45, 0.49);
  expectBetween(seen.quotes / records, 0.009, 0.011);
  expectBetween(seen.commas / records, 0.009, 0.011);
  expect(sentenceCounts[0]).toBe(0);
  for (const count of sentenceCounts.slice(1)) {
    expectBetween(count / records, 0.195, 0.205);
  }

  expectBetween(csv.length, 70e6, 72e6);
  expect(isAscii(csv)).toBe(true);
  expect(csv.includes('\r')).toBe(false);
  // Packing all of it takes 2.5 s; a twentieth from the middle says the same.
  const twentieth = csv.subarray(csv.length * 0.5, csv.length * 0.55);
  expectBetween(gzipSync(twentieth, { level: 6 }).length * 20, 23e6, 28e6);
});

function expectBetween(value: number, least: number, most: number): void {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
}
