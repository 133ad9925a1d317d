import type { CanonicalValue } from '../schema/canonical-text.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { StoredEdit, StoredRow, StoreReader } from '../store/store.ts';

/** A published version of a file. What the ledger does not know is null. */
export interface PublishedVersion {
  readonly run: number;
  readonly publishNumber: number | null;
  readonly source: string | null;
  readonly file: string | null;
  readonly version: string | null;
  /** Milliseconds since 1970. */
  readonly publishedMs: number | null;
}

/** A record of a published version. */
export interface Origin extends PublishedVersion {
  readonly line: number;
}

export interface EditStory extends Omit<StoredEdit, 'remembered' | 'covered' | 'endedByRun'> {
  /** For each file the record that the edit covers, where it was first seen. */
  readonly covers: readonly Origin[];
  /** What the row would be without the edit; once it has ended, what it would have been just before. */
  readonly withoutIt: Origin & { readonly values: readonly CanonicalValue[] };
  /** Whose record ended it. */
  readonly endedBy: PublishedVersion | null;
}

/** What is known of one row. */
export interface Story {
  readonly row: StoredRow;
  /** The record that the row names; while an edit stands, the one that it had when it was first edited. */
  readonly origin: Origin;
  /** The newest first. */
  readonly edits: readonly EditStory[];
}

/** The story of a row, from one committed state; null when there is no such row. */
export async function storyOf(
  reader: StoreReader,
  dataset: Dataset,
  key: readonly string[],
): Promise<Story | null> {
  return reader.consistently(async () => {
    const row = await reader.row(dataset, key);
    if (row === null) return null;
    const originOf = async ({ run, line }: { run: number; line: number }): Promise<Origin> => ({
      ...(await versionOf(reader, run)),
      line,
    });
    const edits: EditStory[] = [];
    for (const { remembered, covered, endedByRun, ...edit } of await reader.edits(dataset, key)) {
      const covers: Origin[] = [];
      for (const record of remembered) covers.push(await originOf(record));
      edits.push({
        ...edit,
        covers,
        withoutIt: { ...(await originOf(covered)), values: covered.values },
        endedBy: endedByRun === null ? null : await versionOf(reader, endedByRun),
      });
    }
    return { row, origin: await originOf(row), edits };
  });
}

async function versionOf(reader: StoreReader, run: number): Promise<PublishedVersion> {
  const record = await reader.run(run);
  return {
    run,
    publishNumber: record?.publishNumber ?? null,
    source: record?.source ?? null,
    file: record?.name ?? null,
    version: record?.version ?? null,
    publishedMs: record?.endedMs ?? null,
  };
}
