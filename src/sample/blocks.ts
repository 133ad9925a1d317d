import { maxSampleRecords, type SampleContent, type SampleRecord, SampleRecords } from './records.ts';

export interface SampleOptions extends SampleContent {
  readonly records: number;
}

export interface SampleBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Records in this block and all before it. */
  readonly recordsSoFar: number;
}

const header = 'name,sku,description\n';
/** A block ends with the record that reaches this size: a little over it, never in the middle of a record. */
const blockBytes = 256 * 1024;

/** The sample as the bytes of a CSV file. Each block is the caller's to keep. */
export function* sampleBlocks(options: SampleOptions): Generator<Uint8Array<ArrayBuffer>, void, void> {
  for (const block of countedSampleBlocks(options)) {
    yield block.bytes;
  }
}

/** The same, with the number of records so far. */
export function* countedSampleBlocks(options: SampleOptions): Generator<SampleBlock, void, void> {
  if (!(Number.isInteger(options.records) && options.records >= 0 && options.records <= maxSampleRecords)) {
    throw new RangeError(
      `records must be a whole number from 0 to ${maxSampleRecords}, not ${options.records}`,
    );
  }
  const records = new SampleRecords(options);
  let text = header;
  for (let index = 0; index < options.records; index++) {
    text += csvLine(records.at(index));
    if (text.length >= blockBytes) {
      yield { bytes: Buffer.from(text, 'latin1'), recordsSoFar: index + 1 };
      text = '';
    }
  }
  if (text !== '') {
    yield { bytes: Buffer.from(text, 'latin1'), recordsSoFar: options.records };
  }
}

/** RFC 4180 with LF. Names and skus are letters, spaces and hyphens: only descriptions may need quotes. */
function csvLine({ name, sku, description }: SampleRecord): string {
  return `${name},${sku},${quoteIfNeeded(description)}\n`;
}

function quoteIfNeeded(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
