/**
 * Compares two strings as their UTF-8 bytes compare, which is how keys are ordered everywhere. JavaScript's own `<`
 * compares UTF-16 units and puts characters beyond U+FFFF (surrogates, D800 to DFFF) before U+E000 to U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let index = 0; index < common; index++) {
    let x = a.charCodeAt(index);
    let y = b.charCodeAt(index);
    if (x === y) continue;
    // Surrogates move above the rest of the 16-bit range, the rest below them.
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

const lastCharacter = 0x10ffff;
const [firstSurrogate, lastSurrogate] = [0xd800, 0xdfff];

/** The least text that comes after all texts that begin with `prefix`; null when none does. In the order of UTF-8 bytes. */
export function afterPrefix(prefix: string): string | null {
  const characters = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (characters.at(-1) === lastCharacter) characters.pop();
  const last = characters.pop();
  if (last === undefined) return null;
  const next = last + 1 === firstSurrogate ? lastSurrogate + 1 : last + 1;
  return String.fromCodePoint(...characters, next);
}
