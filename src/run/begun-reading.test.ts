import { describe, expect, test } from 'vitest';
import { MemoryBytes } from '../../test/helpers/memory-file.ts';
import { defaultDialect } from '../csv/dialect.ts';
import { openContent } from '../source/content.ts';
import type { ContentReader, SourceFile } from '../source/source-file.ts';
import { BegunReading } from './begun-reading.ts';
import type { ReadEvent } from './chunk-reader.ts';

const { signal } = new AbortController();
const sensed = { fingerprint: null, settled: false, bytes: null };

class TestFile implements Pick<SourceFile, 'label' | 'open'> {
  readonly label = 'a.csv';
  closed = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  async open(): Promise<ContentReader> {
    const content = await openContent(new MemoryBytes(Buffer.from(this.#text), () => 5, null), {
      label: 'a.csv',
    });
    const dispose = content[Symbol.asyncDispose].bind(content);
    content[Symbol.asyncDispose] = async () => {
      this.closed++;
      await dispose();
    };
    return content;
  }
}

function begin(file: TestFile): Promise<BegunReading> {
  const options = { dialect: defaultDialect, chunkBytes: 8, maxRecordBytes: 100 };
  return BegunReading.begin(file as unknown as SourceFile, sensed, options, signal);
}

async function eventsOf(reading: BegunReading): Promise<string[]> {
  const texts: string[] = [];
  const add = (event: ReadEvent): number =>
    texts.push(`${event.kind} ${Buffer.from(event.bytes).toString()}`);
  try {
    for await (const event of reading.events) add(event);
  } catch (error) {
    texts.push((error as Error).message);
  }
  return texts;
}

describe.each(['h\na\nb\n', 'h\n1111111\n2222222\n3333333\n4444444\n5555555\n', '', 'h\n1111111\n"open'])(
  'a file of %j',
  (text) => {
    test('gives the same when it is read ahead', async () => {
      await using plain = await begin(new TestFile(text));
      const expected = await eventsOf(plain);
      await using ahead = await begin(new TestFile(text));
      ahead.readAhead();
      expect(await eventsOf(ahead)).toEqual(expected);
      expect(ahead.reader.records).toBe(plain.reader.records);
    });

    test('is closed once, whenever that is', async () => {
      const file = new TestFile(text);
      {
        await using reading = await begin(file);
        reading.readAhead();
        await reading[Symbol.asyncDispose]();
      }
      expect(file.closed).toBe(1);
    });
  },
);
