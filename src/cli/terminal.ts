/** What a command has of the world: streams, and the wish of its user to stop. Tests hand their own. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export function printLine(stream: NodeJS.WritableStream, line: string): void {
  stream.write(`${line}\n`);
}

/** Characters that are written at once. */
const blockLength = 65_536;

/**
 * Text of any length, in pieces: never more than whoever reads it takes. A million pieces that wait would fill the memory, and are more than the
 * system takes at once from a process that writes to a pipe (EINVAL). Ends early if it cannot be written, which `main` tells.
 */
export async function printPieces(stream: NodeJS.WritableStream, pieces: Iterable<string>): Promise<void> {
  let block = '';
  for (const piece of pieces) {
    block += piece;
    if (block.length < blockLength) continue;
    if (!(await isWritten(stream, block))) return;
    block = '';
  }
  if (block !== '') await isWritten(stream, block);
}

function isWritten(stream: NodeJS.WritableStream, text: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  stream.write(text, (error) => resolve(error === null || error === undefined));
  return promise;
}

/**
 * Text of a file or a database for the eye: control characters, which could move a terminal's cursor or worse, and
 * characters that nobody sees become visible signs, line breaks `⏎`. `most` characters at most.
 */
export function visible(text: string, most = Number.POSITIVE_INFINITY): string {
  const shown = text
    .replace(/\r\n|[\n\r]/g, '⏎')
    .replace(/\p{Cc}|[\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, '�');
  const characters = Array.from(shown);
  return characters.length <= most ? shown : `${characters.slice(0, most - 1).join('')}…`;
}

/** Columns of text under their heads; numbers are right-aligned. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? grouped(cell) : cell)));
  const isNumber = heads.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const widths = heads.map((head, column) =>
    cells.reduce((most, row) => Math.max(most, width(row[column] ?? '')), width(head)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - width(cell));
        return isNumber[column] === true ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  return [line(heads), line(widths.map((size) => '─'.repeat(size))), ...cells.map(line)];
}

function width(text: string): number {
  return Array.from(text).length;
}

/** 1234567 as 1,234,567. */
export function grouped(number: number): string {
  // Not `toLocaleString`, whose first call loads its tables: 10 ms at the end of a command.
  return String(number).replaceAll(/\B(?=(?:\d{3})+(?!\d))/g, ',');
}

export function byteText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}
