import { receiptOf } from '../../run/receipt.ts';
import type { RunRecord, StoreReader } from '../../store/store.ts';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import type { Chunk, Run } from '../wire/runs.ts';
import { cursorOf, readCursor } from './cursor.ts';
import { knownRun } from './known.ts';

function runAnswer(record: RunRecord): Run {
  const { ignoredColumns, ...receipt } = receiptOf(record);
  const { startedMs, endedMs, state: status } = record;
  return { ...receipt, status, ignoredColumns: [...ignoredColumns], startedMs, endedMs };
}

export async function run(reader: StoreReader, { params }: ApiRequest<'run'>): Promise<ApiAnswer> {
  return answer(runAnswer(await knownRun(reader, params.run)));
}

export async function chunks(
  reader: StoreReader,
  { params, query }: ApiRequest<'chunks'>,
): Promise<ApiAnswer> {
  await knownRun(reader, params.run);
  const [after] = readCursor(query.after, 1) ?? ['-1'];
  const begin = Number(after) + 1;
  // A file of 100 GB has some 25,000 of them.
  const all = await reader.chunks(params.run);
  const found = all.slice(begin, begin + query.limit);
  const items: Chunk[] = found.map(({ rejected, ...chunk }) => ({ ...chunk, rejectedBy: rejected }));
  const last = begin + found.length;
  return answer({ items, next: last < all.length ? cursorOf([String(last - 1)]) : null });
}
