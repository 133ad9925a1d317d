import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ReadVersion } from './source-client.ts';
import { spooledVersion } from './spooled-file.ts';
import { cancelledPath, dataPath, recordPath, type UploadRecord } from './upload-record.ts';
import { syncFolder, writeSynced } from './write-synced.ts';

/** Whose files uploads are. */
export const uploadSource = 'upload';

export interface UploadedVersion extends ReadVersion {
  /** Whether an earlier process was told to cancel it, and has died before it had forgotten it. */
  readonly wasCancelled: boolean;
  /** Before the ledger is told: from now on no process imports it, also if this one dies before it has forgotten it. */
  noteCancelled(): Promise<void>;
}

/** An upload as something to import. Forgotten, it is gone from the disk. */
export function uploadedVersion(folder: string, record: UploadRecord): UploadedVersion {
  const { id, name, version, bytes, settings } = record;
  const path = dataPath(folder, id);
  const note = cancelledPath(folder, id);
  const content = {
    dataPath: path,
    whole: { version, bytes, fingerprint: null },
    use: () => async () => undefined,
    drop: async () => {
      // What has no record is nobody's, so that goes first.
      for (const each of [recordPath(folder, id), path, note]) await rm(each, { force: true });
    },
  };
  return {
    ...spooledVersion({ source: uploadSource, name }, content, { encoding: settings.encoding }, null),
    wasCancelled: existsSync(note),
    noteCancelled: async () => {
      await writeSynced(note, '');
      await syncFolder(folder);
    },
  };
}
