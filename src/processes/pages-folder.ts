import { fileURLToPath } from 'node:url';

/** Where `npm run build` puts the pages: in `dist/`, in which this file is as well unless it is run as it was written. */
export function pagesFolder(): string {
  const path = import.meta.filename.endsWith('.ts') ? '../../dist/web' : '../web';
  return fileURLToPath(new URL(path, import.meta.url));
}
