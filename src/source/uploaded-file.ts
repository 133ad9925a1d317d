import { rm } from 'node:fs/promises';
import type { ReadVersion } from './source-client.ts';
import { spooledVersion } from './spooled-file.ts';
import { dataPath, recordPath, type UploadRecord } from './upload-record.ts';

/** Whose files uploads are. */
export const uploadSource = 'upload';

/** An upload as something to import. Forgotten, it is gone from the disk. */
export function uploadedVersion(folder: string, record: UploadRecord): ReadVersion {
  const { id, name, version, bytes, settings } = record;
  const path = dataPath(folder, id);
  const content = {
    dataPath: path,
    whole: { version, bytes, fingerprint: null },
    use: () => async () => undefined,
    drop: async () => {
      // What has no record is nobody's, so that goes first.
      await rm(recordPath(folder, id), { force: true });
      await rm(path, { force: true });
    },
  };
  return spooledVersion({ source: uploadSource, name }, content, { encoding: settings.encoding }, null);
}
