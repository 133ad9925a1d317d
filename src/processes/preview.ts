import { type Preview, previewFile } from '../run/preview.ts';
import { plannedDataset } from './datasets.ts';
import { type FileToImport, headlessMapping, type ImportOptions, sourceFile } from './import.ts';

/** Reads the beginning of a file as an import would; there need not be a database, and none is touched. */
export async function previewOf(
  options: ImportOptions,
  file: FileToImport,
  signal: AbortSignal,
): Promise<Preview> {
  const { dialect, encoding, maxRecordBytes } = options;
  const dataset = await plannedDataset(options);
  const mapping = headlessMapping(options, dataset);
  const settings = { dataset, dialect, mapping, encoding, maxRecordBytes };
  return previewFile(sourceFile(file, encoding), settings, signal);
}
