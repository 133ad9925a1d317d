/** What a source offers, against what the ledger says was last published: from these two all is derived, at any time anew. */
import type { ImportOutcome } from '../run/import-file.ts';
import type { OfferedFile } from '../source/source-client.ts';
import type { PublishedFile } from '../store/store.ts';

/** Whether two offers are of one content, as far as the source tells. Of what it tells nothing about only an offer itself is. */
export function isSameOffer(a: OfferedFile, b: OfferedFile): boolean {
  if (a === b) return true;
  if (a.version !== null && b.version !== null) return a.version === b.version;
  return a.fingerprint !== null && a.fingerprint === b.fingerprint;
}

/** Whether the source tells anything by which one content can be known from another. */
export function tellsContent({ version, fingerprint }: OfferedFile): boolean {
  return version !== null || fingerprint !== null;
}

/** Whether what is offered is the version that was published last, as far as that can be told without reading it. */
export function isPublished(
  offered: OfferedFile,
  published: Pick<PublishedFile, 'version' | 'fingerprint'> | null,
): boolean {
  if (published === null) return false;
  if (offered.version !== null) return offered.version === published.version;
  return offered.fingerprint !== null && offered.fingerprint === published.fingerprint;
}

/** What an import has published, as the ledger will say of it. */
export function publishedBy({ record }: Extract<ImportOutcome, { kind: 'published' }>): PublishedFile {
  const { run, publishNumber, version, bytes } = record;
  if (publishNumber === null || version === null) throw new Error(`run ${run} is published without a number`);
  return { run, publishNumber, version, bytes, fingerprint: null, settings: '' };
}
