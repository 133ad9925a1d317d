/**
 * What is known of content that is being brought here, in a file beside it that is only ever appended to. A line counts once it
 * has its end:
 *
 *     {"spool":1,"source":"s","file":"a.csv","address":null,"identity":"…","bytes":72425517}     whose content; the first line
 *     + 0 262144 3735928559                                                      a block is there: offset, length, CRC-32
 *     - 0 8388608                                                                it is not any more: offset, length
 *     = {"version":"…","bytes":72425517,"fingerprint":"…"}                       all is there, and on the disk
 */
import { z } from 'zod';

export interface JournalHead {
  readonly source: string;
  readonly file: string;
  /** Stands for where it comes from, if its identity does not say enough; what is from elsewhere is something else. */
  readonly address: string | null;
  /** Equal ones are of the same bytes; `null`: nobody can tell, so that nothing can be gone on with. */
  readonly identity: string | null;
  /** In all; `null`: not told. */
  readonly bytes: number | null;
}

export interface WholeContent {
  /** SHA-256, hexadecimal. */
  readonly version: string;
  readonly bytes: number;
  /** As the source tells versions apart; `null` where it does not. */
  readonly fingerprint: string | null;
}

interface Block {
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

export interface Journal {
  readonly head: JournalHead;
  /** What was written, in this order; a later block may lie over an earlier one. */
  readonly steps: readonly (
    | Block
    | { readonly offset: number; readonly length: number; readonly crc: null }
  )[];
  readonly whole: WholeContent | null;
}

const number = z.int().nonnegative();
const headShape = z.object({
  spool: z.literal(1),
  source: z.string(),
  file: z.string(),
  address: z.string().nullable(),
  identity: z.string().nullable(),
  bytes: number.nullable(),
});
const wholeShape = z.object({
  version: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: number,
  fingerprint: z.string().nullable(),
});

export function headLine(head: JournalHead): string {
  return `${JSON.stringify({ spool: 1, ...head })}\n`;
}

export function blockLine({ offset, length, crc }: Block): string {
  return `+ ${offset} ${length} ${crc}\n`;
}

export function dropLine(offset: number, length: number): string {
  return `- ${offset} ${length}\n`;
}

export function wholeLine(whole: WholeContent): string {
  return `= ${JSON.stringify(whole)}\n`;
}

/** What a journal says; a line that a killed process has begun is none. `null`: it does not even say whose it is. */
export function readJournal(text: string): Journal | null {
  const [first = '', ...lines] = text.split('\n').slice(0, -1);
  const head = headShape.safeParse(parsed(first));
  if (!head.success) return null;
  const { source, file, address, identity, bytes } = head.data;
  const steps: Journal['steps'][number][] = [];
  let whole: WholeContent | null = null;
  for (const line of lines) {
    const [, sign, offset, length, crc] = /^([+-]) (\d+) (\d+)(?: (\d+))?$/.exec(line) ?? [];
    if (sign === undefined) whole ??= wholeShape.safeParse(parsed(line.replace(/^= /, ''))).data ?? null;
    else if ((sign === '+') === (crc !== undefined)) {
      const known = crc === undefined ? null : Number(crc);
      steps.push({ offset: Number(offset), length: Number(length), crc: known });
    }
  }
  return { head: { source, file, address, identity, bytes }, steps, whole };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
