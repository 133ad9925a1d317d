/** A place in a snapshot. Absolute: a chunk's parser adds where its chunk begins. */
export interface Position {
  /** Bytes from the start of the decoded content, from 0. */
  readonly byteOffset: number;
  /** Line of the file, from 1. LF, CRLF and a lone CR each end a line, inside quotes as well. */
  readonly line: number;
}
