/** Conditional requests (RFC 9110, section 13). Our tags are strong ones: a version in quotes. */

/** A version as the `ETag` header has it. */
export function entityTag(version: string): string {
  return `"${version}"`;
}

/** `If-Match`: whether it names the version, or any. Weak tags never match here. */
export function ifMatchHolds(header: string | undefined, version: string): boolean {
  return header === undefined || header.trim() === '*' || tags(header).includes(entityTag(version));
}

/** `If-None-Match`: whether the asker has this version already. A proxy may have made our tag a weak one. */
export function hasAlready(header: string | undefined, version: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || tags(header).some((tag) => tag.replace(/^W\//, '') === entityTag(version));
}

/** `If-Range`: whether a range is wanted of this version; by date never, since that tells too little. */
export function ifRangeHolds(header: string | undefined, version: string): boolean {
  return header === undefined || header.trim() === entityTag(version);
}

function tags(header: string): readonly string[] {
  return header.match(/(?:W\/)?"[^"]*"/g) ?? [];
}
