/** What an import of a file would begin with: its first block, read as it would be read; and what it would come to. Writes nothing. */
import type { Dialect } from '../csv/dialect.ts';
import { fieldText } from '../csv/field.ts';
import { withParser } from '../csv/parser.ts';
import { type Sniffed, sniff } from '../csv/sniff.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import type { ColumnMapping } from '../schema/columns.ts';
import { knownColumns } from '../schema/dataset-plan.ts';
import { type ColumnType, layoutColumns } from '../schema/dataset.ts';
import { rowLayout } from '../schema/packed-rows.ts';
import type { Reject, RejectCounts } from '../schema/rejects.ts';
import type { RereadFile } from '../source/read-again.ts';
import type { ContentReader } from '../source/source-file.ts';
import { ChunkStager } from '../stage/chunk-stager.ts';
import { ChunkReader, type ReadChunk, type ReadEvent } from './chunk-reader.ts';
import type { RunSums } from '../store/store.ts';
import { type FirstRecordSettings, fitFile, readBeginning } from './first-record.ts';
import type { FittedFile } from './header-check.ts';
import type { ImportOutcome } from './import-file.ts';
import { noRecords } from './receipt.ts';

/** Read for the guess, and the size of the chunk whose records are looked at. */
const sampleBytes = 256 * 1024;
const shownRows = 5;

export interface PreviewSettings extends FirstRecordSettings {
  readonly maxRecordBytes: number;
  readonly encoding: string;
  /** Whether the file is only the beginning of one: what its last record is nobody knows then. */
  readonly isCut?: boolean;
}

export interface Preview {
  readonly file: string;
  /** What the file looks like, whatever it was said to be. */
  readonly sniffed: Sniffed;
  /** What it was said to be, which is how it is read. */
  readonly dialect: Dialect;
  readonly encoding: string;
  /** Names of the columns, and from which field (from 1) each is filled. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType; readonly field: number }[];
  readonly ignored: readonly string[];
  /** What an import would come to, if nothing but it changed the table; `null` if there is an error, or if that is not tried with this database. */
  readonly outcome: PreviewOutcome | null;
  /** The first good ones: values in the order of `columns`. */
  readonly rows: readonly { readonly line: number; readonly values: readonly string[] }[];
  readonly rejects: readonly { readonly line: number; readonly code: string }[];
  /** Why it cannot be imported so. */
  readonly error: LonghaulError | null;
}

export interface PreviewOutcome extends RunSums {
  /** `already_published`: nothing would be done, and nothing is counted. */
  readonly status: 'done' | 'already_published';
  readonly dataset: string;
  readonly rejectedBy: RejectCounts;
  /** Of the whole table, afterwards. */
  readonly rows: number;
}

/** What an import came to that wrote nothing. */
export function previewOutcome(dataset: string, outcome: ImportOutcome): PreviewOutcome | null {
  switch (outcome.kind) {
    case 'failed':
      return null;
    case 'published': {
      const { records, blankLines, inserted, updated, unchanged, superseded, kept, rejected, rejectedBy } =
        outcome.record;
      const sums = { records, blankLines, inserted, updated, unchanged, superseded, kept, rejected };
      return { status: 'done', dataset, ...sums, rejectedBy, rows: outcome.record.table?.rows ?? 0 };
    }
    case 'already_published':
      return { status: 'already_published', dataset, ...noRecords, rejectedBy: {}, rows: outcome.table.rows };
  }
}

/** Throws what keeps the file from being read at all. */
export async function previewFile(
  file: RereadFile,
  settings: PreviewSettings,
  signal: AbortSignal,
): Promise<Preview> {
  const { dataset, dialect, encoding, maxRecordBytes } = settings;
  const block = await firstBlock(await file.open(signal));
  const sniffed = sniff(block, block.length < sampleBytes, knownColumns(dataset) ?? []);
  const begun = { file: file.label, sniffed, dialect, encoding };
  const nothing = { columns: [], ignored: [], outcome: null, rows: [], rejects: [] };
  const look = async (mostBytes: number): Promise<Preview> => {
    const columns = settings.mapping?.fields;
    const reading = { label: file.label, dialect, chunkBytes: sampleBytes, maxRecordBytes, columns };
    const content = limited(await file.open(signal), mostBytes);
    const events = new ChunkReader(content, reading).read(signal);
    const beginning = await readBeginning(events);
    const fitted = fitFile(beginning, settings, file.label);
    const first = beginning.at(-1);
    const chunk = first?.kind === 'chunk' ? first : ((await events.next()).value as ReadChunk | undefined);
    const isTorn = settings.isCut === true && (await isOver(events));
    return { ...begun, ...nothing, ...previewChunk(chunk, fitted, dialect, isTorn), error: null };
  };
  try {
    return await look(Number.POSITIVE_INFINITY).catch((error: unknown) => {
      // A quote that is open where the bytes end is closed in what is not here: what comes before it is looked at.
      const isOpen = error instanceof LonghaulError && error.code === 'unterminated_quote';
      if (settings.isCut !== true || !isOpen) throw error;
      return look(Number(error.facts['byteOffset']));
    });
  } catch (error) {
    signal.throwIfAborted();
    return { ...begun, ...nothing, error: asLonghaulError(error) };
  }
}

/** Whether nothing follows what was read: of what breaks off in the middle neither. */
async function isOver(events: AsyncGenerator<ReadEvent>): Promise<boolean> {
  return events.next().then(
    ({ done }) => done === true,
    () => true,
  );
}

function previewChunk(
  chunk: ReadChunk | undefined,
  { dataset, mapping }: FittedFile,
  dialect: Dialect,
  isTorn: boolean,
): Partial<Preview> {
  const fields = mapping.fieldOfColumn;
  const columns = layoutColumns(dataset).map(({ name, type }, index) => ({
    name,
    type,
    field: (fields[index] ?? 0) + 1,
  }));
  const about = { columns, ignored: mapping.ignored };
  if (chunk === undefined || chunk.cut.kind === 'oversized') return about;
  const { bytes, cut } = chunk;
  const stager = new ChunkStager(dialect, mapping, rowLayout(dataset));
  const { rejects } = stager.stage(bytes, cut);
  // What ends where the bytes end has no line end, and may go on in what is not here.
  const torn = isTorn ? bytes.length : Number.POSITIVE_INFINITY;
  const rejected = new Set(rejects.map(({ byteOffset }) => byteOffset));
  const rows = firstRows(chunk, mapping, dialect, rejected, torn);
  const firstRejects = rejects
    .filter(({ byteOffset, byteLength }) => byteOffset + byteLength - cut.offset < torn)
    .slice(0, shownRows)
    .map(({ line, code }: Reject) => ({ line, code }));
  return { ...about, rows, rejects: firstRejects };
}

function firstRows(
  { bytes, cut }: ReadChunk,
  mapping: ColumnMapping,
  dialect: Dialect,
  rejected: ReadonlySet<number>,
  torn: number,
): Preview['rows'] {
  const rows: { line: number; values: string[] }[] = [];
  return withParser({ dialect, columns: mapping.fields, capacity: 100 }, (parser) => {
    const { batch } = parser;
    let at = parser.start(bytes, cut.skip);
    while (at < bytes.length && rows.length < shownRows) {
      at = parser.parse(at);
      for (let record = 0; record < batch.recordCount && rows.length < shownRows; record++) {
        if (rejected.has(cut.offset + (batch.recordStart[record] ?? 0))) continue;
        if ((batch.recordEnd[record] ?? 0) >= torn) continue;
        const values = mapping.fieldOfColumn.map((field) => fieldText(bytes, batch, record, field, dialect));
        rows.push({ line: cut.line + (batch.recordLine[record] ?? 0), values });
      }
    }
    return rows;
  });
}

/** Its first bytes, as if it had no more. */
function limited(content: ContentReader, mostBytes: number): ContentReader {
  let left = mostBytes;
  return {
    async read(target) {
      const bytes = left === 0 ? 0 : await content.read(target.subarray(0, Math.min(target.length, left)));
      left -= bytes;
      return bytes;
    },
    get storedBytes() {
      return content.storedBytes;
    },
    expectedBytes: content.expectedBytes,
    finish: () => content.finish(),
    [Symbol.asyncDispose]: () => content[Symbol.asyncDispose](),
  };
}

async function firstBlock(content: ContentReader): Promise<Uint8Array> {
  const block = new Uint8Array(sampleBytes);
  let filled = 0;
  while (filled < block.length) {
    const read = await content.read(block.subarray(filled));
    if (read === 0) break;
    filled += read;
  }
  return block.subarray(0, filled);
}
