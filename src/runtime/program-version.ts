import { readFileSync } from 'node:fs';

/** Of the package that this is a part of, in a checkout and where it is built alike. */
export function programVersion(): string {
  // From src/ and dist/ two folders up; a bundle's parts lie in folders as deep.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
