import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { countedSampleBlocks, type SampleOptions, sampleBlocks } from './blocks.ts';
import { maxSampleRecords, SampleRecords } from './records.ts';

function csv(options: SampleOptions): string {
  return Buffer.concat([...sampleBlocks(options)]).toString('latin1');
}

test('the same seed gives the same bytes on every machine', () => {
  const hash = createHash('sha256')
    .update(csv({ records: 1_000, seed: 1 }))
    .digest('hex');
  expect(hash).toBe('a20c42f4005abb4591348007b643c15091397219ef2d50b15a28016de36ac8a5');
});

test('another seed gives other bytes', () => {
  expect(csv({ records: 10, seed: 1 })).not.toBe(csv({ records: 10, seed: 2 }));
});

test('no records: the header alone', () => {
  expect(csv({ records: 0, seed: 1 })).toBe('name,sku,description\n');
});

test('a short sample is the beginning of a long one', () => {
  const long = csv({ records: 10, seed: 1 });
  const one = csv({ records: 1, seed: 1 });
  expect(one).toMatch(/^name,sku,description\n[A-Z][a-z]+ [A-Z][a-z]+,lay-raise-best-end,[^"]+\.\n$/);
  expect(long.startsWith(one)).toBe(true);
  expect(long.length).toBeGreaterThan(one.length);
});

test('fields are quoted only when they must be, and quotes doubled', () => {
  const records = new SampleRecords({ seed: 1 });
  const expected = Array.from({ length: 1_000 }, (_, index) => {
    const { name, sku, description } = records.at(index);
    const special = [',', '"', '\n'].some((character) => description.includes(character));
    return `${name},${sku},${special ? `"${description.split('"').join('""')}"` : description}\n`;
  });
  expect(csv({ records: 1_000, seed: 1 })).toBe(`name,sku,description\n${expected.join('')}`);
  // The cases that parsers get wrong are among them: a quote first, last, and alone on both sides.
  expect(expected.some((line) => line.includes(',"""'))).toBe(true);
  expect(expected.some((line) => line.endsWith('"""\n') && !line.includes(',"""'))).toBe(true);
});

test('blocks are about 256 KiB, end with a record and count the records', () => {
  const blocks = [...countedSampleBlocks({ records: 5_000, seed: 1 })];
  const sizes = blocks.map((block) => block.bytes.length);
  expect(sizes.length).toBe(3);
  for (const size of sizes.slice(0, -1)) {
    expect(size).toBeGreaterThanOrEqual(256 * 1024);
    expect(size).toBeLessThan(257 * 1024);
  }
  for (const { bytes, recordsSoFar } of blocks) {
    const upToHere = csv({ records: recordsSoFar, seed: 1 });
    expect(upToHere.endsWith(Buffer.from(bytes).toString('latin1'))).toBe(true);
  }
  expect(blocks.at(-1)?.recordsSoFar).toBe(5_000);
});

test('blocks stay what they were when more are made', () => {
  const blocks = sampleBlocks({ records: 5_000, seed: 1 });
  const first = blocks.next().value!;
  const copy = Buffer.from(first);
  blocks.next();
  expect(copy.equals(first)).toBe(true);
});

test.each([-1, 1.5, Number.NaN, maxSampleRecords + 1])('%d records are refused', (records) => {
  expect(() => csv({ records, seed: 1 })).toThrow(
    `records must be a whole number from 0 to 4294967295, not ${records}`,
  );
});
