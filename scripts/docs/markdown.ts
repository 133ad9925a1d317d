/** What the pages of docs/reference/ have in common. */

export const written = '<!-- written by scripts/docs.ts; do not edit -->';

export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
}

export function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
