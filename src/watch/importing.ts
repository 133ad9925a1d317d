import type { ImportOutcome, ImportProgress } from '../run/import-file.ts';
import type { FileRef } from '../schema/file-ref.ts';
import type { OwnPatience } from '../schema/source-patience.ts';
import type { SourceDefinition } from '../source/source-client.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { UploadSettings } from '../source/upload-record.ts';
import type { PublishedFile } from '../store/store.ts';

/** A source, and the table that its files go into. Its token is looked up by whoever asks it. */
export interface SourceToWatch extends Omit<SourceDefinition, 'token'> {
  readonly table: string;
  /** The file that holds its token, if one does. */
  readonly tokenFile: string | null;
  /** Given through the API: it may not lead everywhere, and is sent no token. */
  readonly guarded: boolean;
  /** Known, but not asked for the time being. */
  readonly paused: boolean;
  /** What is said of this one. */
  readonly patience: OwnPatience;
}

export interface ImportControl {
  readonly signal: AbortSignal;
  onProgress(progress: ImportProgress): void;
}

/** What the watch needs of whoever brings files into the database. Nobody else must publish meanwhile. */
export interface Importing {
  /** What was last published of each file of a source and would be read in the same way today, by name. */
  published(source: SourceToWatch): Promise<ReadonlyMap<string, PublishedFile>>;
  /** Of each file of a source whose last run a person has cancelled: what content is not wanted, by name. */
  cancelledFiles(source: SourceToWatch): Promise<ReadonlyMap<string, string>>;
  /** `settings`: how the file is to be read, where that is not said of its table. As `importFile`: throws what concerns the database as a whole, and `interrupted`. */
  import(
    source: SourceToWatch,
    file: SourceFile,
    control: ImportControl,
    settings?: UploadSettings,
  ): Promise<ImportOutcome>;
  /** Ends what an interrupted import has left open: a newer version has overtaken it, or a person does not want it. */
  endRuns(table: string, file: FileRef, state: 'cancelled' | 'outdated'): Promise<void>;
  /** After an error of the database: what is open is given up, and opened anew when it is needed. */
  reopen(): Promise<void>;
}
