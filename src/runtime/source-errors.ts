/** The part of the error table that is about sources. `source`: its name; `url`: where it was asked, without anything secret. */
import { entry } from './error-entry.ts';

export interface AtSource {
  readonly source: string;
  readonly url: string;
}
export interface ToldOfSource extends AtSource {
  /** In our words or the system's, never the source's own. */
  readonly reason: string;
}
export interface InSpool {
  readonly folder: string;
}

export const sourceErrors = {
  source_wrong: entry<{ source: string; reason: string }>(
    400,
    (f) => `the source "${f.source}" cannot be asked: ${f.reason}`,
    () =>
      'correct what is said of this source: an address such as http://host:5001, or a path, and its token',
  ),
  address_not_allowed: entry<{ source: string; where: string; reason: string }>(
    403,
    (f) =>
      `${f.source}: ${f.where} may not be asked for a source that was given through the API: ${f.reason}`,
    () =>
      'name the source in longhaul.yaml or with "longhaul sources add", or start the master with --allow-private-sources',
  ),
  source_unreachable: entry<ToldOfSource>(
    503,
    (f) => `${f.source}: ${f.url} cannot be reached (${f.reason})`,
    () => 'see whether it runs there, and whether host and port are right',
    true,
  ),
  source_silent: entry<AtSource & { seconds: number }>(
    504,
    (f) => `${f.source}: ${f.url} said nothing more for ${f.seconds} s`,
    () => 'see whether the source or the network hangs; what has come so far is kept where that is possible',
    true,
  ),
  source_slow: entry<AtSource & { seconds: number }>(
    504,
    (f) => `${f.source}: ${f.url} was not done with its answer after ${f.seconds} s`,
    () => 'see whether the source or the network is overloaded',
    true,
  ),
  source_broke_off: entry<ToldOfSource>(
    502,
    (f) => `${f.source}: ${f.url} broke off (${f.reason})`,
    () => 'read again: it goes on from where it broke off if the source gives out ranges',
    true,
  ),
  source_denies: entry<AtSource & { status: number }>(
    401,
    (f) => `${f.source}: ${f.url} lets nobody in without the right token (status ${f.status})`,
    () => 'give this source the token that it was started with',
  ),
  source_fails: entry<AtSource & { status: number }>(
    502,
    (f) => `${f.source}: ${f.url} answers with status ${f.status}`,
    (f) =>
      f.status < 500
        ? 'open that address with curl -i: it may not be the right one'
        : "see the log of the source's server",
    true,
  ),
  source_answer_wrong: entry<ToldOfSource>(
    502,
    (f) => `${f.source}: ${f.url} answers something else than a source does: ${f.reason}`,
    () => 'open that address with curl -i and see what it says',
    true,
  ),
  source_redirects: entry<ToldOfSource>(
    502,
    (f) => `${f.source}: ${f.url} leads elsewhere, and that is not followed: ${f.reason}`,
    () => 'give the address where the content is',
  ),
  source_not_csv: entry<AtSource & { found: string }>(
    415,
    (f) => `${f.source}: ${f.url} gives no CSV: it says that it is ${f.found}`,
    () => 'open it in a browser: it is often a login or an error page',
    true,
  ),
  source_encodes: entry<AtSource & { encoding: string }>(
    415,
    (f) =>
      `${f.source}: ${f.url} sends its content encoded (${f.encoding}), though it was asked for it as it is`,
    () => 'have the server send it without Content-Encoding, or with gzip or zstd',
  ),
  source_content_wrong: entry<AtSource & { file: string; reason: string }>(
    502,
    (f) => `${f.source}: the content of ${f.file} from ${f.url} is not what it should be: ${f.reason}`,
    () => 'read again; if it stays so, something between here and the source changes what is sent',
    true,
  ),
  source_away: entry<{ source: string; path: string; reason: string }>(
    503,
    (f) => `${f.source}: ${f.path} cannot be looked at now (${f.reason})`,
    () => 'see why it is away, and whether it may be read; once it is back it is read again by itself',
    true,
  ),
  spool_full: entry<InSpool & { file: string; neededBytes: number; freeBytes: number; limitBytes: number }>(
    507,
    (f) =>
      `${f.file}: needs ${f.neededBytes} bytes in ${f.folder}, and ${f.freeBytes} of the ${f.limitBytes} that may be used there are free`,
    () => 'allow more with --spool-size, if the disk has room',
    true,
  ),
  spool_failed: entry<InSpool & { reason: string }>(
    500,
    (f) => `what is read from sources cannot be kept in ${f.folder} (${f.reason})`,
    () => 'check that you may write to that folder and that its disk has room',
    true,
  ),
} as const;
