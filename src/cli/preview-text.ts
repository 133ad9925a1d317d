import type { Dialect } from '../csv/dialect.ts';
import type { Preview, PreviewOutcome } from '../run/preview.ts';
import { reasonsText, sumsText } from './receipt-text.ts';
import { plural, table, visible } from './terminal.ts';

const mostLetters = 40;

/** What a file looks like and how it would be stored, for the eye. */
export function previewText(preview: Preview): string[] {
  const { sniffed, dialect, columns, ignored, outcome, rows, rejects } = preview;
  const { reasons } = sniffed;
  const lines = [
    `${visible(preview.file)}: tried only, nothing was written`,
    `  delimiter  ${name(dialect.delimiter)} (it looks like ${name(sniffed.dialect.delimiter)}: ${visible(reasons.delimiter)})`,
    `  quote      ${name(dialect.quote)} (it looks like ${name(sniffed.dialect.quote)}: ${visible(reasons.quote)})`,
    `  header     ${yes(dialect.header)} (it looks like ${yes(sniffed.dialect.header)}: ${visible(reasons.header)})`,
    `  encoding   ${preview.encoding} (${visible(reasons.encoding)})`,
  ];
  const advice = differences(dialect, sniffed.dialect);
  if (advice !== '') lines.push(`  as it looks, it would be: longhaul import ${advice}`);
  if (columns.length === 0) return lines;
  const from = columns.map((column) => `${column.name} from field ${column.field}`);
  lines.push(`  columns    ${visible(from.join(', '))}`);
  if (ignored.length > 0) lines.push(`  left out   ${visible(ignored.slice(0, 20).join(', '))}`);
  const heads = ['line', ...columns.map((column) => visible(column.name))];
  const cells = rows.map(({ line, values }) => [line, ...values.map((value) => visible(value, mostLetters))]);
  lines.push(...table(heads, cells).map((line) => `  ${line}`));
  for (const { line, code } of rejects) lines.push(`  line ${line} would be rejected: ${code}`);
  if (outcome !== null) return [...lines, ...outcomeText(outcome)];
  if (preview.error === null) lines.push('  what it would change is tried with SQLite databases only');
  return lines;
}

/** What an import would do to the table. */
function outcomeText(outcome: PreviewOutcome): string[] {
  const { status, dataset, rejected, rejectedBy } = outcome;
  if (status === 'already_published')
    return ['  this version is already published: there would be nothing to do'];
  const lines = [`  ${sumsText(outcome)}`, `  ${visible(dataset)} would have ${plural(outcome.rows, 'row')}`];
  if (rejected > 0) lines.push(`  rejected: ${plural(rejected, 'record')} (${reasonsText(rejectedBy)})`);
  return lines;
}

/** The options that would make one dialect the other. */
function differences(dialect: Dialect, sniffed: Dialect): string {
  const options: string[] = [];
  if (dialect.delimiter !== sniffed.delimiter) options.push(`--delimiter ${shell(sniffed.delimiter)}`);
  if (dialect.quote !== sniffed.quote) options.push(`--quote ${shell(sniffed.quote)}`);
  if (dialect.header && !sniffed.header) options.push('--no-header');
  return options.join(' ');
}

function shell(byte: number | null): string {
  if (byte === 0x09) return 'tab';
  return byte === 0x27 ? `"'"` : `'${String.fromCharCode(byte ?? 0)}'`;
}

function name(byte: number | null): string {
  if (byte === null) return 'none';
  return byte === 0x09 ? 'tab' : visible(String.fromCharCode(byte));
}

function yes(is: boolean): string {
  return is ? 'yes' : 'no';
}
