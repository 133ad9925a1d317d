/** How the beginning of a file would be read, as an answer. */
import { problemOf } from '../../http/problems.ts';
import type { Dialect } from '../../csv/dialect.ts';
import type { Preview } from '../../run/preview.ts';
import type { DatasetPlan } from '../../schema/dataset-plan.ts';
import { type RejectCode, rejectReasons } from '../../schema/rejects.ts';
import type { UploadSettings } from '../../source/upload-record.ts';
import type { PreviewAnswer } from '../wire/imports.ts';

export interface PreviewAsked {
  readonly name: string;
  /** Of the table that it would go into, if that is not there yet. */
  readonly plan: DatasetPlan;
  readonly settings: UploadSettings;
  readonly maxRecordBytes: number;
  /** The file's beginning, or all of it. */
  readonly bytes: Uint8Array;
  /** Whether it is not all of it. */
  readonly isCut: boolean;
}

export function previewAnswer({ name, plan }: PreviewAsked, preview: Preview): PreviewAnswer {
  const { sniffed, dialect, encoding, columns, ignored, rows, rejects, error } = preview;
  // What was decoded looks like UTF-8, whatever it was.
  const likely = encoding === 'utf-8' ? sniffed.encoding : encoding;
  return {
    name,
    dataset: plan.name,
    sniffed: {
      ...written(sniffed.dialect),
      encoding: likely,
      reasons: Object.entries(sniffed.reasons).map(([what, reason]) => `${what}: ${reason}`),
    },
    dialect: { ...written(dialect), encoding },
    columns: columns.map((column) => ({ ...column })),
    ignoredColumns: [...ignored],
    rows: rows.map(({ line, values }) => ({ line, values: [...values] })),
    rejects: rejects.map(({ line, code }) => ({ line, code, reason: rejectReasons[code as RejectCode] })),
    problem: error === null ? null : problemOf(error),
  };
}

function written({
  delimiter,
  quote,
  escape,
  header,
}: Dialect): Pick<PreviewAnswer['dialect'], 'delimiter' | 'quote' | 'escape' | 'header'> {
  const text = (byte: number | null): string | null => (byte === null ? null : String.fromCharCode(byte));
  return { delimiter: String.fromCharCode(delimiter), quote: text(quote), escape: text(escape), header };
}
