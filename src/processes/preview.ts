import { type Preview, previewFile } from '../run/preview.ts';
import { type FileToImport, headlessMapping, type ImportOptions, sourceFile } from './import.ts';

/** Reads the beginning of a file as an import would; there need not be a database, and none is touched. */
export async function previewOf(
  { dataset, dialect, columns, encoding, maxRecordBytes }: ImportOptions,
  file: FileToImport,
  signal: AbortSignal,
): Promise<Preview> {
  const mapping = headlessMapping({ dataset, dialect, columns });
  const settings = { dataset, dialect, mapping, encoding, maxRecordBytes };
  return previewFile(sourceFile(file, encoding), settings, signal);
}
