/** Sources that send more than they have announced: refused on each way of reading, also the second time. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { SourceKind } from '../../src/source/source-client.ts';
import { expectError } from '../helpers/expect-error.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestClient } from '../helpers/test-client.ts';

const csv = 'a,b\n1,2\n';
/** What is announced: the first line. */
const [first, rest] = [csv.slice(0, 4), csv.slice(4)];
/** After the answer looks whole. */
const lateMs = 50;

interface Case {
  readonly kind: SourceKind;
  /** Answers `/sense` and `/manifest`. */
  readonly told?: Readonly<Record<string, unknown>>;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  readonly message: string;
}

const version = 'a'.repeat(64);
const ours = {
  sense: { status: 1, version: 'v', files: [{ name: 'a.csv', version, bytes: 4, state: 'ready' }] },
  manifest: { version, bytes: 4, chunks: [{ offset: 0, length: 4, sha256: version }] },
};
const beyondLength = 'more than the 4 bytes it announced';

const cases: Record<string, Case> = {
  'than its Content-Length, on a connection that stays': {
    kind: 'plain',
    answer: (_request, { socket }) => void socket?.end(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${csv}`),
    message: beyondLength,
  },
  'than its Content-Length, on a connection that ends with it': {
    kind: 'plain',
    answer: (_request, { socket }) => void socket?.end(`HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n${csv}`),
    message: beyondLength,
  },
  'than its Content-Length, with a tag by which it could be gone on with': {
    kind: 'url',
    answer: ({ method }, { socket }) => {
      const head = 'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 4\r\n\r\n';
      socket?.end(method === 'HEAD' ? head : head + csv);
    },
    message: beyondLength,
  },
  'than /sense has told, without a length, late and without an end': {
    kind: 'plain',
    told: { sense: { status: 1, bytes: 4 } },
    answer: (_request, { socket }) => {
      socket?.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${first}`);
      setTimeout(() => socket?.write(rest), lateMs);
    },
    message: 'more than the 4 bytes it is to have',
  },
  'than a range, late and without an end': {
    kind: 'longhaul',
    told: ours,
    answer: (_request, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-3/4' }).write(first);
      setTimeout(() => response.write(rest), lateMs);
    },
    message: 'it sends more bytes than were asked for',
  },
};

test.for(Object.entries(cases))('more %s', async ([, { kind, told = {}, answer, message }]) => {
  using folder = new TempFolder();
  await using odd = await OddServer.http((request, response) => {
    const [, path = ''] = /^\/(\w+)/.exec(request.url ?? '') ?? [];
    const known = { ...(kind === 'plain' ? { sense: { status: 1 } } : {}), ...told }[path];
    if (known === undefined) answer(request, response);
    else response.end(JSON.stringify(known));
  });
  const url = odd.url + (kind === 'url' ? '/a.csv' : '');
  await using client = await TestClient.open({ url, kind }, folder.path);
  const [offered] = (await client.sense())!;
  const asked = kind === 'url' ? url : `${odd.url}/read${kind === 'longhaul' ? '?…' : ''}`;
  const whole = `shop: ${asked} answers something else than a source does: ${message}`;
  await expectError(client.read(offered!), 'source_answer_wrong', whole);
  // What has come is not gone on with, and so not taken for whole.
  await expectError(client.read(offered!), 'source_answer_wrong', whole);
  expect(folder.list().filter((name) => !name.endsWith('.pending'))).toEqual(
    kind === 'longhaul' ? [expect.anything(), expect.anything()] : [],
  );
});
