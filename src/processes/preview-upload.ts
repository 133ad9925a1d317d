import { answer, type ApiAnswer } from '../api/answer.ts';
import { type PreviewAsked, previewAnswer } from '../api/reading/preview.ts';
import { previewFile } from '../run/preview.ts';
import { GivenFile } from '../source/given-file.ts';
import { RereadFile } from '../source/read-again.ts';
import { uploadSource } from '../source/uploaded-file.ts';
import type { StoreReader } from '../store/store.ts';
import { headlessMapping, newDataset } from './importer.ts';

const never = new AbortController().signal;

/** What an import of it would begin with, by the table as it is now. */
export async function previewUpload(reader: StoreReader, asked: PreviewAsked): Promise<ApiAnswer> {
  const { name, plan, bytes, isCut, settings, maxRecordBytes } = asked;
  const { dialect, columns, encoding } = settings;
  const dataset = (await reader.dataset(plan.name)) ?? newDataset({ plan, columns });
  const mapping = headlessMapping({ dialect, columns, plan }, dataset);
  await using file = new RereadFile(new GivenFile({ source: uploadSource, name }, bytes, encoding));
  const reading = { dataset, dialect, mapping, encoding, maxRecordBytes, isCut };
  const preview = await previewFile(file, reading, never);
  return answer(previewAnswer(asked, preview));
}
