/** Which files of a folder are hosted, and what they are called. */
import { isUtf8 } from 'node:buffer';

/** What programs write beside the file that they are at work on; it is never the file itself. */
const temporary: readonly RegExp[] = [
  /~$/, // Emacs, gedit and others: the version before
  /^#.*#$/, // Emacs: what is not saved yet
  /^~\$/, // Office: who has it open
  /\.sw[a-z]$/i, // Vim
  /^4913$/, // Vim: tries whether it may write
  /\.(tmp|temp|part|partial|filepart|crdownload|download)$/i, // programs that download or copy
];

/** Whether a file or folder of this name (its last part) is left out: hidden, or a temporary one. */
export function isLeftOut(name: string): boolean {
  return name.startsWith('.') || temporary.some((pattern) => pattern.test(name));
}

/**
 * A name's bytes as text that survives JSON and addresses. Bytes that are no UTF-8 become `//` and two hexadecimal digits each:
 * no name can hold a slash, so no other name looks like it.
 */
export function nameText(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterBytes(bytes, at);
    text +=
      length === 0
        ? `//${(bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`
        : Buffer.from(bytes.subarray(at, at + length)).toString('utf8');
    at += Math.max(1, length);
  }
  return text;
}

/** Bytes of the character that begins at `at`, 0 if none does. */
function characterBytes(bytes: Uint8Array, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
