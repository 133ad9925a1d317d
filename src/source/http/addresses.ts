/** The addresses of a source's answers. What its own address says after a `?` goes with all of them. */
import { createHash } from 'node:crypto';

/** @param url of the source, with or without a slash at its end */
export function addressBelow(url: string, name: string, query: Readonly<Record<string, string>> = {}): URL {
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/${name}`;
  for (const [key, value] of Object.entries(query)) address.searchParams.set(key, value);
  return address;
}

/** Stands for an address without telling it: tags of one server say nothing of another's. */
export function addressMark(url: URL | string): string {
  return createHash('sha256').update(String(url)).digest('hex').slice(0, 16);
}

/** The last part of the path, as a name of a file; `null`: the path ends in a slash. */
export function fileNameIn(url: string): string | null {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return last === '' ? null : decodeURIComponent(last);
  } catch {
    return last;
  }
}
