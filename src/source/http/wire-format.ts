/** The answers of sources, checked: whatever is not as it should be is told as such, and nothing of it is used. */
import { z } from 'zod';
import type { OfferedFile } from '../source-client.ts';
import type { ManifestPiece } from '../manifest.ts';

/** Longer answers are none: `/sense` of 100,000 files, and the manifest of a terabyte. */
export const mostSenseBytes = 16 * 2 ** 20;
export const mostManifestBytes = 64 * 2 ** 20;

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const listedFile = z.object({
  name: z.string().min(1),
  version: sha256.nullish(),
  bytes: count.nullish(),
  state: z.enum(['ready', 'preparing', 'refused']),
  reason: z.string().nullish(),
});

const list = z.object({ version: z.string().min(1), files: z.array(listedFile) });
const status = z.object({ status: z.union([z.literal(0), z.literal(1)]), bytes: count.optional() });
const manifest = z.object({
  version: sha256,
  bytes: count,
  chunks: z.array(z.object({ offset: count, length: count, sha256 })),
});

/** What an answer of `/sense` is: of a source of ours, of a plain one, or of none. */
export type SenseAnswer =
  | { readonly kind: 'longhaul'; readonly version: string; readonly files: readonly OfferedFile[] }
  | { readonly kind: 'plain'; readonly status: 0 | 1; readonly bytes: number | null }
  | { readonly kind: 'none'; readonly reason: string };

export function readSense(text: string): SenseAnswer {
  const json = parsed(text);
  if (json === undefined) return { kind: 'none', reason: 'it is no JSON' };
  if (typeof json === 'object' && json !== null && 'files' in json) {
    const read = list.safeParse(json);
    if (!read.success) return { kind: 'none', reason: mistakeIn(read.error) };
    const { version, files } = read.data;
    if (new Set(files.map(({ name }) => name)).size < files.length) {
      return { kind: 'none', reason: 'it lists a file twice' };
    }
    return { kind: 'longhaul', version, files: files.map(offeredFile) };
  }
  const read = status.safeParse(json);
  if (!read.success) return { kind: 'none', reason: mistakeIn(read.error) };
  return { kind: 'plain', status: read.data.status, bytes: read.data.bytes ?? null };
}

function offeredFile({
  name,
  version = null,
  bytes = null,
  state,
  reason,
}: z.infer<typeof listedFile>): OfferedFile {
  const isReady = state === 'ready' && version !== null;
  return {
    name,
    // What is ready has a version; what has none cannot be asked for.
    state: state === 'ready' && !isReady ? 'preparing' : state,
    reason: state === 'refused' ? (reason?.slice(0, 1000) ?? null) : null,
    version: isReady ? version : null,
    fingerprint: isReady ? version : null,
    bytes,
  };
}

export interface ReadManifest {
  readonly version: string;
  readonly bytes: number;
  readonly chunks: readonly ManifestPiece[];
}

/** A manifest, or why it is none. */
export function readManifest(text: string): ReadManifest | string {
  const read = manifest.safeParse(parsed(text));
  if (!read.success) return mistakeIn(read.error);
  let at = 0;
  for (const { offset, length } of read.data.chunks) {
    if (offset !== at || length === 0) return 'its chunks do not tile the file';
    at += length;
  }
  return at === read.data.bytes ? read.data : 'its chunks do not tile the file';
}

/** In our words: what a source sends is not repeated. */
function mistakeIn(error: z.ZodError): string {
  const [issue] = error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  return where === '' ? 'it is no JSON object of that kind' : `"${where}" in its JSON is missing or wrong`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
