import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImportProgress, importFile } from '../run/import-file.ts';
import { type Preview, previewFile, previewOutcome } from '../run/preview.ts';
import { RemoteFile } from '../source/remote-file.ts';
import { RereadFile } from '../source/read-again.ts';
import { plannedDataset } from './datasets.ts';
import {
  type FileToImport,
  type ImportOptions,
  refuseDatabase,
  refuseUnnamed,
  sourceFile,
} from './import.ts';
import { openTrial } from './stores.ts';
import { headlessMapping } from './importer.ts';
import { RemoteFiles } from './remote-files.ts';
import { ThreadedStagePool } from './threaded-stage-pool.ts';

/**
 * Reads a file as an import would and says what that would come to, by what the table holds at one moment; there need not
 * be a database, and none is written to.
 */
export async function previewOf(
  options: ImportOptions,
  toImport: FileToImport,
  onProgress: (label: string, progress: ImportProgress) => void,
  signal: AbortSignal,
): Promise<Preview> {
  const { dialect, encoding, maxRecordBytes, chunkBytes, rejectLimit, stagingMemoryBytes } = options;
  refuseDatabase(options.database, toImport);
  const dataset = await plannedDataset(options);
  refuseUnnamed(toImport, dataset);
  const mapping = headlessMapping(options, dataset);
  const settings = { dataset, dialect, mapping, encoding, maxRecordBytes, chunkBytes, rejectLimit };
  // Nothing is left behind by a look at something.
  const spoolFolder = join(tmpdir(), `longhaul-preview-${randomUUID()}`);
  await using remote = new RemoteFiles({ ...options, spoolFolder }, onProgress, signal);
  const source = sourceFile(toImport, encoding, remote);
  await using file = new RereadFile(source);
  await using _forgotten = {
    [Symbol.asyncDispose]: async () => (source instanceof RemoteFile ? source.forget() : undefined),
  };
  const preview = await previewFile(file, settings, signal);
  if (preview.error !== null) return preview;
  file.forgetFromNowOn();
  await using pool = new ThreadedStagePool(options.threads);
  await using store = await openTrial(options.database, stagingMemoryBytes);
  const progress = (now: ImportProgress): void => onProgress(file.label, now);
  const outcome = await importFile({ store, pool, signal, onProgress: progress }, file, settings);
  const error = outcome.kind === 'failed' ? outcome.error : null;
  return { ...preview, outcome: previewOutcome(dataset.name, outcome), error };
}
