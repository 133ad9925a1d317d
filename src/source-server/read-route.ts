/** `/read`: the bytes of one version of a file, or a range of them. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LonghaulError } from '../runtime/errors.ts';
import { type ByteRange, byteRange } from './byte-range.ts';
import { entityTag, hasAlready, ifMatchHolds, ifRangeHolds } from '../http/conditions.ts';
import type { HostedFile } from './hosted-file.ts';
import type { HostedFolder } from './hosted-folder.ts';
import type { SourceMetrics } from './metrics.ts';
import { VersionStream } from './version-stream.ts';

export interface ReadLimits {
  /** Files open at once, one a read. */
  readonly reads: number;
  /** How long a reader may take none of what is ready for it, in milliseconds. */
  readonly stallMs: number;
}

export interface ReadQuery {
  readonly file?: string;
}

export class Reads {
  readonly #folder: HostedFolder;
  readonly #limits: ReadLimits;
  readonly #metrics: SourceMetrics;
  #underWay = 0;

  constructor(folder: HostedFolder, limits: ReadLimits, metrics: SourceMetrics) {
    this.#folder = folder;
    this.#limits = limits;
    this.#metrics = metrics;
  }

  get underWay(): number {
    return this.#underWay;
  }

  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const file = this.#folder.find((request.query as ReadQuery).file);
    const { version, compression } = file.readable();
    const { headers, method } = request;
    if (!ifMatchHolds(headers['if-match'], version)) {
      throw LonghaulError.of('version_gone', { file: file.name, version });
    }
    const about = { etag: entityTag(version), 'accept-ranges': 'bytes', 'cache-control': 'no-cache' };
    if (hasAlready(headers['if-none-match'], version)) return reply.headers(about).code(304).send();
    const size = file.facts.bytes;
    const wantsRange = method === 'GET' && ifRangeHolds(headers['if-range']?.toString(), version);
    const range = byteRange(wantsRange ? headers.range : undefined, size);
    if (range === 'outside') {
      void reply.header('content-range', `bytes */${size}`);
      throw LonghaulError.of('range_outside', { file: file.name, bytes: size });
    }
    const { from, to } = range === 'whole' ? { from: 0, to: size } : range;
    // Before any header is set: one that cannot be opened is a problem, not a file.
    const stream = method === 'HEAD' ? null : await this.#open(file, version, { from, to });
    if (range !== 'whole') void reply.code(206).header('content-range', `bytes ${from}-${to - 1}/${size}`);
    void reply.headers({
      ...about,
      'content-type': compression === null ? 'text/csv' : 'application/octet-stream',
      'content-length': to - from,
      'x-content-type-options': 'nosniff',
    });
    reply.raw.once('finish', () => file.markRead(version, from, method === 'HEAD' ? from : to));
    return reply.send(stream ?? '');
  }

  /** Opens a file as one of the reads that are under way at once. */
  async #open(file: HostedFile, version: string, range: ByteRange): Promise<VersionStream> {
    const { reads } = this.#limits;
    if (this.#underWay >= reads) throw LonghaulError.of('server_busy', { requests: reads });
    this.#underWay++;
    try {
      const stream = await this.#openVersion(file, version, range);
      stream.once('close', () => {
        this.#underWay--;
        this.#metrics.sent(stream.handedOut);
      });
      stream.once('error', (error) => {
        // The list must not go on saying that this version can be read.
        if (error instanceof LonghaulError && error.code === 'file_changed') void this.#folder.check(file);
      });
      return stream;
    } catch (error) {
      this.#underWay--;
      throw error;
    }
  }

  /** What is open has to be what the headers say; a file that turns out to be another one is prepared again. */
  async #openVersion(file: HostedFile, version: string, range: ByteRange): Promise<VersionStream> {
    let stream: VersionStream;
    try {
      stream = await VersionStream.open(file, range, this.#limits.stallMs);
    } catch (error) {
      if (!(error instanceof LonghaulError) || error.code !== 'file_changed') throw error;
      await this.#folder.check(file);
      throw LonghaulError.of('file_preparing', { file: file.name }, { cause: error });
    }
    if (file.version === version) return stream;
    stream.destroy();
    throw LonghaulError.of('file_preparing', { file: file.name });
  }
}
