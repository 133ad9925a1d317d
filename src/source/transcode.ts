/** Content in other encodings as UTF-8, in one pass. */
import { BlockReader } from './block-reader.ts';

interface Bytes {
  read(target: Uint8Array): Promise<number>;
}

/**
 * Stands in UTF-8 for what is malformed. No UTF-8 holds this byte, so the record it stands in is rejected with
 * `bad_encoding`; U+FFFD would be indistinguishable from one that the file itself holds.
 */
const malformedByte = 0xff;

const blockBytes = 128 * 1024;

/** `encoding`: a name that TextDecoder gives, such as `windows-1252`. */
export function transcoded(content: Bytes, encoding: string): Bytes {
  return new BlockReader(utf8Blocks(content, encoding));
}

async function* utf8Blocks(content: Bytes, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = encoding.startsWith('utf-16') ? new Utf16Decoder(encoding) : new LegacyDecoder(encoding);
  for (;;) {
    const block = Buffer.allocUnsafe(blockBytes);
    const bytes = await content.read(block);
    if (bytes === 0) break;
    yield decoder.decode(block.subarray(0, bytes));
  }
  yield decoder.finish();
}

/** UTF-16: malformed are halves of surrogate pairs, and half a unit at the end. */
class Utf16Decoder {
  readonly #bigEndian: boolean;
  /** Bytes of a character that the last block did not end. */
  #begun: Uint8Array = new Uint8Array(0);

  constructor(encoding: string) {
    this.#bigEndian = encoding === 'utf-16be';
  }

  decode(block: Uint8Array): Uint8Array {
    const bytes = Buffer.concat([this.#begun, block]);
    let end = bytes.length & ~1;
    if (end > 0) {
      const lastUnit = this.#bigEndian ? bytes.readUInt16BE(end - 2) : bytes.readUInt16LE(end - 2);
      if (lastUnit >= 0xd800 && lastUnit <= 0xdbff) end -= 2;
    }
    this.#begun = bytes.subarray(end);
    const whole = bytes.subarray(0, end);
    if (this.#bigEndian) whole.swap16();
    const text = whole.toString('utf16le');
    return text.isWellFormed() ? Buffer.from(text) : joined(text.split(/\p{Surrogate}/u));
  }

  finish(): Uint8Array {
    return this.#begun.length === 0 ? new Uint8Array(0) : Uint8Array.of(malformedByte);
  }
}

/**
 * What TextDecoder knows beside UTF-16. None of these encodings can say U+FFFD itself (only GB 18030 can, in four
 * bytes that nobody writes), so each one that comes out stands for something malformed.
 */
class LegacyDecoder {
  readonly #decoder: InstanceType<typeof TextDecoder>;
  readonly #moved: ReadonlyMap<string, string>;
  readonly #movedPattern: RegExp | null;

  constructor(encoding: string) {
    this.#decoder = new TextDecoder(encoding, { ignoreBOM: true });
    this.#moved = movedAscii(encoding);
    const codes = [...this.#moved.keys()].map((character) => `\\x${hex(character)}`);
    this.#movedPattern = codes.length === 0 ? null : new RegExp(`[${codes.join('')}]`, 'g');
  }

  decode(block: Uint8Array): Uint8Array {
    return this.#encode(this.#decoder.decode(block, { stream: true }));
  }

  finish(): Uint8Array {
    return this.#encode(this.#decoder.decode());
  }

  #encode(decoded: string): Uint8Array {
    const text =
      this.#movedPattern === null
        ? decoded
        : decoded.replace(this.#movedPattern, (character) => this.#moved.get(character) ?? character);
    return text.includes('\uFFFD') ? joined(text.split('\uFFFD')) : Buffer.from(text);
  }
}

/**
 * Control characters that Node decodes to other ones than the byte's own: its Shift-JIS is IBM's, which turns 1A, 1C
 * and 7F around. The characters that come out, by the ones that were meant.
 */
function movedAscii(encoding: string): ReadonlyMap<string, string> {
  const moved = new Map<string, string>();
  for (let byte = 0; byte < 0x80; byte++) {
    const meant = String.fromCharCode(byte);
    const decoded = new TextDecoder(encoding).decode(Uint8Array.of(byte));
    if (decoded !== meant && decoded.length === 1 && decoded < '\x80') moved.set(decoded, meant);
  }
  return moved;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}

/** The parts as UTF-8, a malformed byte between each two. */
function joined(parts: readonly string[]): Uint8Array {
  const separator = Buffer.of(malformedByte);
  const pieces = parts.flatMap((part, index) =>
    index === 0 ? [Buffer.from(part)] : [separator, Buffer.from(part)],
  );
  return Buffer.concat(pieces);
}
