import { createHash } from 'node:crypto';
import { longhaul } from './cli.ts';

/** Of what a person sees of a database, without the numbers of runs, which another database numbers by itself. @param what such as `products` */
export async function shownDigest(what: string, db: string, cwd?: string): Promise<string> {
  const { status, stdout, stderr } = await longhaul(
    ['show', what, '--limit', '100000000', '--csv', '--db', db],
    cwd === undefined ? {} : { cwd },
  );
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.replaceAll(/,\d+,(\d+)\n/g, ',$1\n');
  return createHash('sha256').update(lines).digest('hex');
}
