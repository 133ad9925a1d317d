/** Rejects of a run as CSV, a part at a time, so that no download is ever held in memory. */
import { csvField, safeCsvField } from '../../schema/csv-field.ts';
import { rejectReasons } from '../../schema/rejects.ts';
import type { SearchingReader } from '../../store/search.ts';
import { knownRun } from './known.ts';

export interface RejectsPartAsked {
  readonly run: number;
  /** Whether what a spreadsheet would take for a formula is to be made harmless. */
  readonly safe: boolean;
  /** Byte offset of the last one of the part before; null: from the beginning, with the header. */
  readonly after: number | null;
}

export interface RejectsPart {
  readonly text: string;
  /** For the next part; null: that was all. */
  readonly after: number | null;
}

/** 4 KiB each at most. */
const perPart = 250;
const header = 'run,line,byte,bytes,code,reason,column,value,record\r\n';

/** Throws `not_found`. */
export async function rejectsPart(
  reader: SearchingReader,
  { run, safe, after }: RejectsPartAsked,
): Promise<RejectsPart> {
  if (after === null) await knownRun(reader, run);
  const field = safe ? safeCsvField : csvField;
  const found = await reader.findRejects(run, { code: null, after }, perPart);
  const lines = found.map((reject) => {
    const { line, byteOffset, byteLength, code, column, value, raw } = reject;
    const record = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8');
    const fields = [run, line, byteOffset, byteLength, code, rejectReasons[code], column, value, record];
    return `${fields.map(field).join(',')}\r\n`;
  });
  const last = found.length < perPart ? undefined : found.at(-1);
  return { text: (after === null ? header : '') + lines.join(''), after: last?.byteOffset ?? null };
}
