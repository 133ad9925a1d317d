/** A client of a source as the master has one, with a spool in a folder of the test, and waits shorter than a user's. */
import { openSource, type SourceTuning } from '../../src/processes/source-clients.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { LonghaulError } from '../../src/runtime/errors.ts';
import { openLog } from '../../src/runtime/log.ts';
import type { AddressGuard } from '../../src/source/address-guard.ts';
import type {
  OfferedFile,
  ReadVersion,
  Sensed,
  SourceClient,
  SourceDefinition,
} from '../../src/source/source-client.ts';
import { Spool } from '../../src/source/spool.ts';
import { eventually } from './eventually.ts';
import { ManualClock } from './manual-clock.ts';

export type SaidOfSource = Partial<SourceDefinition> & Pick<SourceDefinition, 'url'>;

export interface TestClientOptions {
  readonly tuning?: Partial<SourceTuning>;
  readonly spoolBytes?: number;
  readonly guard?: AddressGuard;
  /** If the test is to say how time passes. */
  readonly clock?: ManualClock;
}

const never = new AbortController().signal;

export class TestClient implements AsyncDisposable {
  readonly client: SourceClient;
  readonly spool: Spool;

  private constructor(client: SourceClient, spool: Spool) {
    this.client = client;
    this.spool = spool;
  }

  /** @param folder where the spool is; a client in the same folder goes on with what the former one has left */
  static async open(
    said: SaidOfSource,
    folder: string,
    options: TestClientOptions = {},
  ): Promise<TestClient> {
    const { tuning = {}, spoolBytes: maxBytes = 2 ** 30, clock = systemClock, guard = null } = options;
    const spool = await Spool.open({ folder, maxBytes });
    const definition = { name: 'shop', kind: null, token: null, ...said };
    const log = openLog('test', 'silent', process.stderr);
    const short = { connectMs: 2000, silentMs: 2000, answerMs: 5000, quietMs: 40, rescanMs: 300 };
    const settings = { encoding: 'utf-8' };
    const parts = { spool, settings, clock, log, guard, tuning: { ...short, ...tuning } };
    const client = openSource(definition, parts);
    return new TestClient(client, spool);
  }

  sense(): Promise<Sensed> {
    return this.client.sense(never);
  }

  /** Senses until a file is offered to be read. @param not a version or fingerprint that does not count */
  async until(name: string, not?: string | null): Promise<OfferedFile> {
    let found: OfferedFile | undefined;
    await eventually(`${name} is offered`, async () => {
      // A network that cuts off whatever it likes cuts off this as well.
      const listed = await this.sense().catch((error: unknown) => {
        if ((error as LonghaulError).code === 'source_broke_off') return null;
        throw error;
      });
      const offered = listed?.find((file) => file.name === name && file.state === 'ready');
      if (offered !== undefined && (offered.version ?? offered.fingerprint) !== not) found = offered;
      return found !== undefined;
    });
    return found!;
  }

  read(offered: OfferedFile, signal: AbortSignal = never): Promise<ReadVersion> {
    return this.client.read(offered, () => undefined, signal);
  }

  /** Reads what is offered, and gives it up. */
  async bytes(offered: OfferedFile): Promise<Buffer> {
    await using read = await this.read(offered);
    const bytes = await contentOf(read);
    await read.forget();
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }
}

/** All of a version, as the engine would read it; checks that it says of itself what it is. */
export async function contentOf({ file }: ReadVersion): Promise<Buffer> {
  await using content = await file.open(never);
  const parts: Uint8Array[] = [];
  for (;;) {
    const block = new Uint8Array(65_536);
    const read = await content.read(block);
    if (read === 0) break;
    parts.push(block.subarray(0, read));
  }
  const version = await content.finish();
  const told = await file.version(never);
  if (version !== told) throw new Error(`it says that it is ${told} and is ${version}`);
  return Buffer.concat(parts);
}
