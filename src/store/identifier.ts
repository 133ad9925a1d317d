/** A name as an SQL identifier. Names come from datasets and headers: never put one into SQL without this. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
