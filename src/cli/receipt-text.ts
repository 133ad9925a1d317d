import type { Receipt } from '../run/receipt.ts';
import type { RunSums } from '../store/store.ts';
import { byteText, grouped, plural, visible } from './terminal.ts';

/** Columns left out that are named. */
const mostNames = 20;

/** A receipt for the eye: what was published, how the records add up, what the table is now, what it took. */
export function receiptText(receipt: Receipt): string[] {
  const name = fileText(receipt);
  if (receipt.status === 'already_published') {
    return [
      `${name}: nothing to do, this version is already published (run ${receipt.run}, version ${receipt.version?.slice(0, 12)})`,
      tableText(receipt),
    ];
  }
  const lines = [
    receipt.status === 'done'
      ? `${name}: published as number ${receipt.publishNumber} (run ${receipt.run}, version ${receipt.version?.slice(0, 12)})`
      : `${name}: run ${receipt.run} ${receipt.status}; nothing was published`,
  ];
  if (receipt.status === 'done') {
    const reconciled = receipt.reconciled ? 'the sums meet' : 'THE SUMS DO NOT MEET';
    lines.push(`  ${sumsText(receipt)}  (${reconciled})`, tableText(receipt));
  }
  const took = `${plural(receipt.chunks, 'chunk')}, ${byteText(receipt.bytes)}, ${receipt.seconds.toFixed(2)} s`;
  const takenOver =
    receipt.chunksTakenOver === 0 ? '' : ` (${grouped(receipt.chunksTakenOver)} taken over from before)`;
  lines.push(
    `  ${took}${takenOver}, ${grouped(receipt.recordsPerSecond)} records/s, peak memory ${byteText(receipt.peakRssBytes)}`,
  );
  return [...lines, ...remarks(receipt)];
}

/** A file by its source as well, unless it was named on a command line. */
export function fileText({ source, file }: Pick<Receipt, 'source' | 'file'>): string {
  return visible(source === 'local' ? file : `${source}: ${file}`);
}

/** What became of the records of a file. */
export function sumsText(sums: RunSums): string {
  const parts = (['inserted', 'updated', 'unchanged', 'superseded', 'kept', 'rejected'] as const).map(
    (part) => `${grouped(sums[part])} ${part}`,
  );
  return `${plural(sums.records, 'record')} = ${parts.join(' + ')}`;
}

/** Why records were rejected, and how many. */
export function reasonsText(rejectedBy: Readonly<Record<string, number>>): string {
  return Object.entries(rejectedBy)
    .map(([code, number]) => `${code} ${grouped(number)}`)
    .join(', ');
}

function tableText(receipt: Receipt): string {
  return `  ${receipt.dataset}: ${plural(receipt.rows ?? 0, 'row')}, ${plural(receipt.groups ?? 0, 'group')} counted, checksum ${receipt.checksum}`;
}

/** What the last lines must name, so that nobody misses it. */
function remarks(receipt: Receipt): string[] {
  const lines: string[] = [];
  if (receipt.status === 'done' && receipt.records === 0)
    lines.push('  note: the file has a header but no records');
  if (receipt.removed > 0) {
    const rows = plural(receipt.removed, 'row');
    lines.push(`  note: ${rows} of the version before removed, because ${receipt.dataset} has no key`);
  }
  if (receipt.blankLines > 0) lines.push(`  note: ${plural(receipt.blankLines, 'blank line')} passed over`);
  if (receipt.ignoredColumns.length > 0) {
    const names = receipt.ignoredColumns.slice(0, mostNames).map((name) => `"${visible(name, 40)}"`);
    const more = receipt.ignoredColumns.length - names.length;
    lines.push(
      `  note: columns left out, because ${receipt.dataset} has none of that name: ${names.join(', ')}${more > 0 ? ` and ${grouped(more)} more` : ''}`,
    );
  }
  if (receipt.rejected > 0) {
    const reasons = reasonsText(receipt.rejectedBy);
    lines.push(
      `  rejected: ${plural(receipt.rejected, 'record')} (${reasons}); longhaul show rejects ${receipt.run}`,
    );
  }
  return lines;
}
