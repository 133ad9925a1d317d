/** The one place that knows every kind of source: a client for what is said of one. */
import { stat } from 'node:fs/promises';
import type { Clock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { isHttpAddress } from '../runtime/redacted-url.ts';
import type { Log } from '../runtime/log.ts';
import type { AddressGuard } from '../source/address-guard.ts';
import { FindingClient } from '../source/finding-client.ts';
import { findKind } from '../source/http/find-kind.ts';
import { HttpPeer } from '../source/http/http-peer.ts';
import { type HttpTuning, httpTuning } from '../source/http/http-tuning.ts';
import { LonghaulClient } from '../source/http/longhaul-client.ts';
import { PlainClient, plainFile } from '../source/http/plain-client.ts';
import { UrlClient } from '../source/http/url-client.ts';
import { FileClient } from '../source/local/file-client.ts';
import { FolderClient } from '../source/local/folder-client.ts';
import type { SourceClient, SourceDefinition, SourceKind } from '../source/source-client.ts';
import type { Spool } from '../source/spool.ts';
import type { ContentSettings } from '../source/spooled-file.ts';

export interface SourceClientParts {
  /** Where content from elsewhere is brought to, or how to get at it once it is needed; stays the caller's. */
  readonly spool: Spool | (() => Promise<Spool>);
  /** How the content of its files is to be read. */
  readonly settings: ContentSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Of a source that may not lead everywhere. */
  readonly guard?: AddressGuard | null;
  readonly tuning?: Partial<SourceTuning>;
}

export interface SourceTuning extends HttpTuning {
  /** After so long what a source does not surely tell of is read again. */
  readonly rereadMs: number;
  /** How long nothing must have happened to a local file before it is offered. */
  readonly quietMs: number;
  /** Between two looks at a local folder without a reason. */
  readonly rescanMs: number;
}

const defaultTuning: SourceTuning = {
  ...httpTuning,
  rereadMs: 60 * 60_000,
  quietMs: 2000,
  rescanMs: 10_000,
};

/** Nothing is asked before the first `sense`. Throws `source_wrong` for what can never be asked, and `address_not_allowed`. */
export function openSource(definition: SourceDefinition, parts: SourceClientParts): SourceClient {
  checkDefinition(definition);
  const { guard = null } = parts;
  guard?.checkUrl(definition.name, definition.url);
  const tuning = { ...defaultTuning, ...parts.tuning };
  const { spool: given } = parts;
  const spool = typeof given === 'function' ? given : async () => given;
  const local = { ...parts, ...tuning, definition };
  if (!isHttpAddress(definition.url)) {
    const open = (kind: SourceKind): SourceClient =>
      kind === 'folder' ? new FolderClient(local) : new FileClient(local);
    if (definition.kind !== null) return open(definition.kind);
    return new FindingClient(() => localKind(definition), open);
  }
  const { name, url, token, kind } = definition;
  const newPeer = (): HttpPeer => new HttpPeer(name, new URL(url), token, tuning, guard);
  const open = (found: SourceKind): SourceClient => {
    const own = { ...local, spool, peer: newPeer() };
    if (found === 'longhaul') return new LonghaulClient(own);
    return found === 'plain' ? new PlainClient(own) : new UrlClient(own);
  };
  if (kind !== null) return open(kind);
  return new FindingClient(async (signal) => {
    await using peer = newPeer();
    const onChanged = async (): Promise<void> => (await spool()).markPending(name, plainFile);
    return await findKind(peer, definition, onChanged, signal);
  }, open);
}

async function localKind({ name, url }: SourceDefinition): Promise<SourceKind> {
  try {
    return (await stat(url)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw LonghaulError.of('source_away', { source: name, path: url, reason: code }, { cause: error });
  }
}

/** What is wrong is told without what may be secret. */
function checkDefinition({ name, url, kind, token }: SourceDefinition): void {
  const refuse = (reason: string): never => {
    throw LonghaulError.of('source_wrong', { source: name, reason });
  };
  const isHttp = isHttpAddress(url);
  if (isHttp && !URL.canParse(url)) refuse('its address is none');
  if (!isHttp && /^[a-z][a-z0-9+.-]+:\/\//i.test(url)) {
    refuse('its address begins with neither http:// nor https://');
  }
  if (url === '' || url.includes('\0')) refuse('its path is none');
  if (token !== null && !/^[!-~]+$/.test(token)) refuse('its token is not visible ASCII without spaces');
  const isLocalKind = kind === 'file' || kind === 'folder';
  if (kind !== null && isLocalKind === isHttp) {
    refuse(isHttp ? `an address is no ${kind}` : `a path is no source of the kind "${kind}"`);
  }
}
