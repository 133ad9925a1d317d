import { expect, test } from 'vitest';
import { MemoryBytes } from '../../test/helpers/memory-file.ts';
import { defaultDialect } from '../csv/dialect.ts';
import { mapColumns } from '../schema/columns.ts';
import { products } from '../schema/dataset.ts';
import { openContent } from '../source/content.ts';
import { ChunkReader } from './chunk-reader.ts';
import { fitFile, readBeginning } from './first-record.ts';

const dialect = { ...defaultDialect, header: false };
const mapped = mapColumns(products, ['name', 'sku', 'description']);
const settings = { dataset: products, dialect, mapping: mapped.kind === 'mapping' ? mapped.mapping : null };

/** What is made of a file without a header: `csv`, or the code of why it is refused. */
async function verdictOn(text: string, chunkBytes: number): Promise<string> {
  const stored = new MemoryBytes(Buffer.from(text), () => 7);
  await using content = await openContent(stored, { label: 'a.csv' });
  const sizes = { chunkBytes, maxRecordBytes: 30, columns: 3 };
  const events = new ChunkReader(content, { label: 'a.csv', dialect, ...sizes }).read(
    new AbortController().signal,
  );
  try {
    fitFile(await readBeginning(events), settings, 'a.csv');
    return 'csv';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

// Chunks of one record each, and all of the file as one.
test.each([1, 1000])(
  'the first line decides, wherever the first chunk ends (%d bytes)',
  async (chunkBytes) => {
    const long = 'x'.repeat(40);
    for (const [text, expected] of [
      ['', 'file_empty'],
      ['\uFEFF\r\n\n', 'file_empty'],
      ['a,b,c', 'csv'],
      [`${long},b,c\n`, 'csv'],
      [`\uFEFF\n${long},b,c\n`, 'csv'],
      ['a,b,c\rd\0,e,f\r', 'csv'],
      ['a,b\0,c\rd,e,f\r', 'looks_binary'],
      ['\uFEFF\n\na,b\0,c\n', 'looks_binary'],
      [`\n${long}\0,b,c\n`, 'looks_binary'],
      ['\n <html>\n', 'looks_like_html'],
      ['<html>\na,b,"', 'looks_like_html'],
      ['a,b,"<html>', 'unterminated_quote'],
      [`\n"${long}`, 'unterminated_quote'],
      ['\n'.repeat(31), 'header_unreadable'],
    ] as const) {
      expect(await verdictOn(text, chunkBytes), JSON.stringify(text)).toBe(expected);
    }
  },
);
