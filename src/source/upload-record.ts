/**
 * Uploads that wait for their import. Of each the folder holds two files: `ID.data`, the bytes, and `ID.json`, what is said of them;
 * and `ID.cancelled`, empty, once a person has cancelled it. An upload is here as long as its `ID.json` is; what comes in has names that
 * end in `.part`. Every name holds the process that made it, so that the next one can tell what nobody will finish.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const byte = z.int().min(0).max(127);
const recordShape = z.object({
  upload: z.literal(1),
  /** Later ones sort behind. */
  id: z.string().regex(/^\d{15}-[0-9a-f]{8}$/),
  name: z.string(),
  dataset: z.string(),
  bytes: z.int().nonnegative(),
  /** SHA-256, hexadecimal. */
  version: z.string().regex(/^[0-9a-f]{64}$/),
  receivedMs: z.int(),
  settings: z.object({
    dialect: z.object({
      delimiter: byte,
      quote: byte.nullable(),
      escape: byte.nullable(),
      header: z.boolean(),
    }),
    columns: z.array(z.string()).nullable(),
    encoding: z.string(),
    rejectLimit: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('number'), number: z.number() }),
      z.object({ kind: z.literal('part'), part: z.number(), atLeast: z.number() }),
    ]),
  }),
});

export type UploadRecord = z.infer<typeof recordShape>;
/** How a file is to be read: what was said with the upload, and of the table where nothing was. */
export type UploadSettings = UploadRecord['settings'];

const ownName = /^(?:\d{15}-)?([0-9a-f]{8})(?:-\d+)?\.(?:data|json|cancelled|data\.part|json\.part)$/;

export function dataPath(folder: string, id: string): string {
  return join(folder, `${id}.data`);
}

export function recordPath(folder: string, id: string): string {
  return join(folder, `${id}.json`);
}

export function cancelledPath(folder: string, id: string): string {
  return join(folder, `${id}.cancelled`);
}

/**
 * What waits, in the order in which it came. What other processes have left unfinished goes.
 *
 * @param instance of this process: what has its name is on its way
 */
export async function loadUploads(folder: string, instance: string): Promise<UploadRecord[]> {
  const names = await namesIn(folder);
  const records: UploadRecord[] = [];
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const record = await readRecord(folder, name);
    if (record !== null) records.push(record);
  }
  const known = new Set(records.flatMap(({ id }) => [`${id}.data`, `${id}.json`, `${id}.cancelled`]));
  for (const name of names) {
    const [, madeBy] = ownName.exec(name) ?? [];
    if (madeBy === undefined || madeBy === instance || known.has(name)) continue;
    await rm(join(folder, name), { force: true });
  }
  return records.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The names of what is there; none of a folder that is not. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
}

/** `null` unless all of it is there. */
async function readRecord(folder: string, name: string): Promise<UploadRecord | null> {
  try {
    const record = recordShape.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
    const { size } = await stat(dataPath(folder, record.id));
    return `${record.id}.json` === name && size === record.bytes ? record : null;
  } catch {
    return null;
  }
}
