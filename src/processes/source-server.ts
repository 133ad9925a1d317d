/** The process of `longhaul source`: where the hosted folder, the hashing thread and the log meet. */
import { mkdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { systemClock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { openLog } from '../runtime/log.ts';
import type { LogLevel } from '../runtime/log-levels.ts';
import { runService } from '../runtime/service.ts';
import type { ManifestSettings } from '../run/manifest.ts';
import { ManifestCache } from '../source-server/manifest-cache.ts';
import { SourceServer } from '../source-server/source-server.ts';
import { checkReachable } from './listening.ts';
import { ThreadedManifestMaker } from './threaded-manifest-maker.ts';

export interface SourceServerOptions extends ManifestSettings {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
  /** Names besides those of this machine that it may be asked by, without a token. */
  readonly allowedHosts: readonly string[];
  readonly cacheFolder: string;
  readonly cacheBytes: number;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
}

/** What the design says, and nobody has asked to change. */
const quietMs = 2000;
const rescanMs = 10_000;
const reads = 64;
const stallMs = 30_000;
/** Goes up when manifests of the same bytes and settings come out differently. */
const manifestVersion = 1;

/**
 * Hosts a folder until the signal fires and reads in hand are finished.
 *
 * @param onListening told the address, once it answers
 */
export async function hostFolder(
  options: SourceServerOptions,
  logTo: NodeJS.WritableStream,
  onListening: (url: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const {
    host,
    token,
    allowedHosts,
    cacheFolder,
    cacheBytes,
    drainMs,
    logLevel,
    folder: asGiven,
    port,
  } = options;
  checkReachable(host, token);
  const folder = await existingFolder(asGiven);
  const { dialect, encoding, chunkBytes, maxRecordBytes, columns } = options;
  const settings: ManifestSettings = { dialect, encoding, chunkBytes, maxRecordBytes, columns };
  const log = openLog('source', logLevel, logTo);
  const kept = {
    folder: await outside(folder, join(cacheFolder, 'manifests')),
    maxBytes: cacheBytes,
    settings: JSON.stringify([manifestVersion, settings]),
  };
  const cache = new ManifestCache(kept, systemClock, log);
  await cache.open();
  const server = new SourceServer({
    ...{ folder, host, port, token, allowedHosts, cache, log, quietMs, rescanMs, reads, stallMs },
    clock: systemClock,
    maker: new ThreadedManifestMaker(settings),
  });
  await runService(server, signal, drainMs, () => onListening(server.url));
}

async function existingFolder(folder: string): Promise<string> {
  const stats = await stat(folder).catch((error: unknown) => {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw LonghaulError.of('folder_not_found', { folder }, { cause: error });
    }
    throw LonghaulError.of('file_not_readable', { file: folder, reason: code }, { cause: error });
  });
  if (!stats.isDirectory()) {
    throw LonghaulError.of('bad_usage', { message: `${folder} is a file, not a folder`, command: 'source ' });
  }
  return realpath(folder);
}

/** What we write into the hosted folder would be hosted. */
async function outside(hosted: string, cacheFolder: string): Promise<string> {
  const path = resolve(cacheFolder);
  // The folder may be a link into the hosted one. One that cannot be made is told of when it is used.
  const real = await mkdir(path, { recursive: true, mode: 0o700 })
    .then(() => realpath(path))
    .catch(() => path);
  const way = relative(hosted, real);
  if (way !== '' && (way === '..' || way.startsWith(`..${sep}`))) return real;
  throw LonghaulError.of('bad_option', {
    option: '--cache-folder',
    value: cacheFolder,
    expected: 'it must be outside of the hosted folder',
  });
}
