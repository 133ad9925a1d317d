/** Who holds an import lock, in a sentence of an error. @param program such as `longhaul master` */
export function lockHolder(program: string): string {
  return `${program}, process ${process.pid}`;
}
