import type { ImportProgress } from '../run/import-file.ts';
import type { Receipt } from '../run/receipt.ts';
import type { Trouble } from './status.ts';

interface OfFile {
  readonly source: string;
  readonly file: string;
}

/** What happens, as it happens: for the log, the metrics and whoever looks on. Plain data, so that it can cross threads. */
export type WatchEvent =
  /** `lateMs`: how much later than it was due it began. */
  | {
      readonly kind: 'sensed';
      readonly source: string;
      readonly tookMs: number;
      readonly lateMs: number;
      readonly trouble: Trouble | null;
    }
  | { readonly kind: 'source_failing'; readonly source: string; readonly trouble: Trouble }
  | { readonly kind: 'source_back'; readonly source: string }
  /** It is watched from now on, is paused, goes on, or its files are in other states. */
  | { readonly kind: 'source_changed'; readonly source: string }
  | { readonly kind: 'source_removed'; readonly source: string }
  | (OfFile & { readonly kind: 'reading' })
  | (OfFile & { readonly kind: 'read'; readonly bytes: number | null; readonly tookMs: number })
  | (OfFile & { readonly kind: 'read_failed'; readonly trouble: Trouble })
  | (OfFile & { readonly kind: 'importing' })
  | (OfFile & {
      readonly kind: 'import_progress';
      readonly dataset: string;
      readonly progress: ImportProgress;
    })
  | (OfFile & {
      readonly kind: 'imported';
      /** `null`: it was refused before a run was opened. */
      readonly receipt: Receipt | null;
      readonly trouble: Trouble | null;
    })
  /** A newer version has come before this one was published. */
  | (OfFile & { readonly kind: 'outdated' })
  /** A person has ended its import. */
  | (OfFile & { readonly kind: 'cancelled' })
  /** It costs nothing but disk space. */
  | (OfFile & { readonly kind: 'not_tidied'; readonly trouble: Trouble })
  | { readonly kind: 'database_failing'; readonly trouble: Trouble }
  | { readonly kind: 'database_back' };
