import { z } from 'zod';
import { receiptOf } from '../../run/receipt.ts';
import { type Reject, type RejectCode, rejectReasons } from '../../schema/rejects.ts';
import type { SearchingReader } from '../../store/search.ts';
import type { RunRecord } from '../../store/store.ts';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import type { Chunk, RejectAnswer, Run } from '../wire/runs.ts';
import { pageAnswer, readCursor } from './cursor.ts';
import { knownRun } from './known.ts';

/** A run, a chunk's index, or a byte offset. */
const place = z.number().int().nonnegative();

function runAnswer(record: RunRecord): Run {
  const { ignoredColumns, rejectedBy, ...receipt } = receiptOf(record);
  const { startedMs, endedMs, state: status } = record;
  return {
    ...{ ...receipt, status, rejectedBy: { ...rejectedBy }, ignoredColumns: [...ignoredColumns] },
    ...{ startedMs, endedMs },
  };
}

export async function run(reader: SearchingReader, { params }: ApiRequest<'run'>): Promise<ApiAnswer> {
  return answer(runAnswer(await knownRun(reader, params.run)));
}

export async function runs(reader: SearchingReader, { query }: ApiRequest<'runs'>): Promise<ApiAnswer> {
  const { dataset = null, source = null, status: state = null, limit } = query;
  const before = readCursor(query.after, place);
  const found = await reader.findRuns({ dataset, source, state, before }, limit + 1);
  return pageAnswer(found, limit, runAnswer, (last) => last.run);
}

export async function chunks(
  reader: SearchingReader,
  { params, query }: ApiRequest<'chunks'>,
): Promise<ApiAnswer> {
  const after = readCursor(query.after, place);
  await knownRun(reader, params.run);
  const found = await reader.findChunks(params.run, after, query.limit + 1);
  const shown = ({ rejected, ...chunk }: (typeof found)[number]): Chunk => ({
    ...chunk,
    rejectedBy: { ...rejected },
  });
  return pageAnswer(found, query.limit, shown, (last) => last.index);
}

export async function rejects(
  reader: SearchingReader,
  { params, query }: ApiRequest<'rejects'>,
): Promise<ApiAnswer> {
  const after = readCursor(query.after, place);
  await knownRun(reader, params.run);
  const { code = null, limit } = query;
  const found = await reader.findRejects(params.run, { code, after }, limit + 1);
  return pageAnswer(found, limit, rejectAnswer, (last) => last.byteOffset);
}

function rejectAnswer({ run: number, raw, ...reject }: Reject & { run: number }): RejectAnswer {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return {
    ...{ run: number, ...reject, reason: rejectReasons[reject.code satisfies RejectCode] },
    ...{ raw: bytes.toString('utf8'), rawBase64: bytes.toString('base64') },
  };
}
