import type { RowEditor, SourceRegister, StoreReader } from '../../store/store.ts';

/** Each works by a connection of its own, and throws where there is no database yet. */
export interface EditingTools {
  read<Result>(work: (reader: StoreReader) => Promise<Result>): Promise<Result>;
  edit<Result>(work: (editor: RowEditor) => Promise<Result>): Promise<Result>;
  changeSources(work: (register: SourceRegister) => Promise<void>): Promise<void>;
}
