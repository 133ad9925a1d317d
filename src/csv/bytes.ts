/** The bytes that every dialect shares. None is part of a longer UTF-8 sequence, so they can be sought byte by byte. */
export const LF = 0x0a;
export const CR = 0x0d;

/** The byte order mark as UTF-8 writes it. Only the first bytes of a file can be one. */
export const BOM = [0xef, 0xbb, 0xbf] as const;
