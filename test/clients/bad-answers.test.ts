/** What sources answer that is none of their answers: told in words, nothing of it kept, nothing secret in what is told. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { SourceKind } from '../../src/source/source-client.ts';
import { expectError } from '../helpers/expect-error.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestClient, type TestClientOptions } from '../helpers/test-client.ts';

const csv = 'a,b\n1,2\n';
const secrets = { token: 'geheim1', query: '?key=geheim2' };

interface Case {
  readonly kind: SourceKind;
  /** Below the server's address. */
  readonly path?: string;
  readonly server: () => Promise<OddServer>;
  readonly code: string;
  /** With `URL` for the address that is shown. */
  readonly message: string;
  readonly options?: TestClientOptions;
}

function http(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): () => Promise<OddServer> {
  return () => OddServer.http(answer);
}
const saying = (status: number, type: string, body: string) =>
  http((_request, response) => response.writeHead(status, { 'content-type': type }).end(body));
const json = (body: unknown) => saying(200, 'application/json', JSON.stringify(body));
const raw = (said: string | null, then: 'end' | 'reset' | 'silence') => () =>
  OddServer.raw(said?.replaceAll('\n', '\r\n') ?? null, then);
/** Answers that there is something to read, and then as the case says. */
const plainThen = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  http((request, response) =>
    request.url?.startsWith('/sense') === true ? response.end('{"status":1}') : answer(request, response),
  );

const quick = { tuning: { connectMs: 300, silentMs: 300, answerMs: 20_000 } };
const wrong = (reason: string): string => `shop: URL answers something else than a source does: ${reason}`;
const html = '<!doctype html><html><body>Please log in</body></html>';
const version = 'a'.repeat(64);
const listed = { name: 'a.csv', version, bytes: 4, state: 'ready' };

const sensing: Record<string, Case> = {
  'no JSON': {
    kind: 'longhaul',
    server: saying(200, 'application/json', '{"status":1,"files":[}'),
    code: 'source_answer_wrong',
    message: wrong('it is no JSON'),
  },
  'a web page with status 200, for a source': {
    kind: 'longhaul',
    server: saying(200, 'text/html', html),
    code: 'source_answer_wrong',
    message: wrong('it is no JSON'),
  },
  'JSON of another kind': {
    kind: 'plain',
    server: json(['status', 1]),
    code: 'source_answer_wrong',
    message: wrong('it is no JSON object of that kind'),
  },
  'a status that is none': {
    kind: 'plain',
    server: json({ status: 'yes geheim3' }),
    code: 'source_answer_wrong',
    message: wrong('"status" in its JSON is missing or wrong'),
  },
  'files that are none': {
    kind: 'longhaul',
    server: json({ status: 1, version: 'v', files: [listed, { ...listed, name: 'b', bytes: -1 }] }),
    code: 'source_answer_wrong',
    message: wrong('"files.1.bytes" in its JSON is missing or wrong'),
  },
  'a version that is none': {
    kind: 'longhaul',
    server: json({ status: 1, version: 'v', files: [{ ...listed, version: '../../etc/passwd' }] }),
    code: 'source_answer_wrong',
    message: wrong('"files.0.version" in its JSON is missing or wrong'),
  },
  'a file listed twice': {
    kind: 'longhaul',
    server: json({ status: 1, version: 'v', files: [listed, listed] }),
    code: 'source_answer_wrong',
    message: wrong('it lists a file twice'),
  },
  'a plain source, where one of ours was': {
    kind: 'longhaul',
    server: json({ status: 1 }),
    code: 'source_answer_wrong',
    message: wrong('it lists no files'),
  },
  'an answer without end': {
    kind: 'longhaul',
    server: http((_request, response) => {
      const pour = (): void => {
        while (response.write(Buffer.alloc(65_536, ' ')));
        response.once('drain', pour);
      };
      pour();
    }),
    code: 'source_answer_wrong',
    message: wrong('it is longer than 16777216 bytes'),
  },
  'an answer that drips for ever': {
    kind: 'longhaul',
    server: http((_request, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    }),
    options: { tuning: { answerMs: 600 } },
    code: 'source_slow',
    message: 'shop: URL was not done with its answer after 0.6 s',
  },
  'a half-open connection': {
    kind: 'longhaul',
    server: raw(null, 'silence'),
    options: quick,
    code: 'source_silent',
    message: 'shop: URL said nothing more for 0.3 s',
  },
  'headers, and then silence': {
    kind: 'plain',
    server: raw('HTTP/1.1 200 OK\nContent-Length: 12\n\n{"st', 'silence'),
    options: quick,
    code: 'source_silent',
    message: 'shop: URL said nothing more for 0.3 s',
  },
  'an end before the answer': {
    kind: 'longhaul',
    server: raw('', 'end'),
    code: 'source_broke_off',
    message: 'shop: URL broke off (before it had answered)',
  },
  'an end in the middle of the answer': {
    kind: 'plain',
    server: raw('HTTP/1.1 200 OK\nContent-Length: 12\n\n{"st', 'end'),
    code: 'source_broke_off',
    message: 'shop: URL broke off (in the middle of its answer)',
  },
  'no HTTP': {
    kind: 'longhaul',
    server: raw('SSH-2.0-OpenSSH_9.9\n', 'silence'),
    code: 'source_answer_wrong',
    message: wrong('it is no HTTP'),
  },
  'headers without end': {
    kind: 'longhaul',
    server: raw(`HTTP/1.1 200 OK\nX-A: ${'a'.repeat(40_000)}\n\n`, 'silence'),
    code: 'source_answer_wrong',
    message: wrong('its headers are too long'),
  },
  'no token': {
    kind: 'longhaul',
    server: saying(401, 'application/problem+json', '{}'),
    code: 'source_denies',
    message: 'shop: URL lets nobody in without the right token (status 401)',
  },
  'an error of its own': {
    kind: 'plain',
    server: saying(503, 'text/plain', 'geheim3'),
    code: 'source_fails',
    message: 'shop: URL answers with status 503',
  },
  'redirects in a circle': {
    kind: 'url',
    path: '/a.csv',
    server: http(({ url }, response) =>
      response.writeHead(302, { location: url === '/b.csv' ? `/a.csv${secrets.query}` : '/b.csv' }).end(),
    ),
    code: 'source_redirects',
    message: 'shop: URL leads elsewhere, and that is not followed: in a circle',
  },
  'redirects without end': {
    kind: 'url',
    path: '/0.csv',
    server: http(({ url = '' }, response) =>
      response.writeHead(302, { location: `/${Number(/\d+/.exec(url)) + 1}.csv?key=geheim3` }).end(),
    ),
    code: 'source_redirects',
    message: 'shop: URL leads elsewhere, and that is not followed: more than 10 times',
  },
  'a redirect to a file': {
    kind: 'url',
    path: '/a.csv',
    server: http((_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()),
    code: 'source_redirects',
    message: 'shop: URL leads elsewhere, and that is not followed: to file:',
  },
  'a redirect to no address': {
    kind: 'url',
    path: '/a.csv',
    server: http((_request, response) => response.writeHead(302, { location: 'http://:geheim3@/' }).end()),
    code: 'source_redirects',
    message: 'shop: URL leads elsewhere, and that is not followed: to no address',
  },
  'a web page with status 200': {
    kind: 'url',
    path: '/a.csv',
    server: saying(200, 'text/html; charset=utf-8', html),
    code: 'source_not_csv',
    message: 'shop: URL gives no CSV: it says that it is a web page (text/html)',
  },
  'JSON with status 200': {
    kind: 'url',
    path: '/a.csv',
    server: saying(200, 'application/problem+json', '{"error":"geheim3"}'),
    code: 'source_not_csv',
    message: 'shop: URL gives no CSV: it says that it is JSON (application/problem+json)',
  },
  'an encoding that cannot be read': {
    kind: 'url',
    path: '/a.csv',
    server: http((_request, response) => response.writeHead(200, { 'content-encoding': 'br' }).end()),
    code: 'source_encodes',
    message: 'shop: URL sends its content encoded (br), though it was asked for it as it is',
  },
  'nothing there': {
    kind: 'url',
    path: '/a.csv',
    server: saying(404, 'text/plain', 'no'),
    code: 'source_fails',
    message: 'shop: URL answers with status 404',
  },
};

test.for(Object.entries(sensing))(
  'sense: %s',
  async ([, { kind, path = '', server, code, message, options }]) => {
    using folder = new TempFolder();
    await using odd = await server();
    const url = odd.url.replace('//', '//ann:geheim4@') + path + secrets.query;
    await using client = await TestClient.open({ url, kind, token: secrets.token }, folder.path, options);
    await expectError(client.sense(), code, message);
    expect(folder.list()).toEqual([]);
  },
);

const reading: Record<string, Case> = {
  'a web page with status 200': {
    kind: 'plain',
    server: plainThen((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end(html),
    ),
    code: 'source_not_csv',
    message: 'shop: URL gives no CSV: it says that it is a web page (text/html)',
  },
  'a body shorter than announced': {
    kind: 'plain',
    server: plainThen((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write(csv, () => response.destroy());
    }),
    code: 'source_broke_off',
    message: 'shop: URL broke off (in the middle of its answer)',
  },
  'chunks that end too early': {
    kind: 'plain',
    server: plainThen((_request, response) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n${csv}\r\n`);
    }),
    code: 'source_broke_off',
    message: 'shop: URL broke off (in the middle of its answer)',
  },
  'fewer bytes than /sense has told, without a length': {
    kind: 'plain',
    server: http(({ url }, response) => {
      if (url?.startsWith('/sense') === true) return void response.end('{"status":1,"bytes":80}');
      response.socket?.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${csv}`);
    }),
    code: 'source_broke_off',
    message: `shop: URL broke off (after ${csv.length} bytes, and it is to have 80)`,
  },
  'a body without end': {
    kind: 'plain',
    server: plainThen((_request, response) => {
      const pour = (): void => {
        while (response.write(Buffer.alloc(65_536, 'a\n')));
        response.once('drain', pour);
      };
      pour();
    }),
    options: { spoolBytes: 20 * 2 ** 20 },
    code: 'spool_full',
    message:
      'read: needs 8388608 bytes in FOLDER, and 4194304 of the 20971520 that may be used there are free',
  },
  'a body that stops': {
    kind: 'plain',
    server: plainThen((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write(csv);
    }),
    options: quick,
    code: 'source_silent',
    message: 'shop: URL said nothing more for 0.3 s',
  },
  'another digest than told': {
    kind: 'plain',
    server: plainThen((_request, response) => {
      response.writeHead(200, { trailer: 'repr-digest' });
      response.addTrailers({ 'repr-digest': 'sha-512=:AAAA:, sha-256=:AAAA:' });
      response.end(csv);
    }),
    code: 'source_content_wrong',
    message:
      'shop: the content of read from URL is not what it should be: its SHA-256 is another one than the source says',
  },
  'no manifest': {
    kind: 'longhaul',
    server: http(({ url }, response) =>
      url?.startsWith('/sense') === true
        ? response.end(JSON.stringify({ status: 1, version: 'v', files: [listed] }))
        : response.end(
            JSON.stringify({ version, bytes: 4, chunks: [{ offset: 1, length: 3, sha256: version }] }),
          ),
    ),
    code: 'source_answer_wrong',
    message: wrong('its chunks do not tile the file'),
  },
  'other bytes than asked for': {
    kind: 'longhaul',
    server: http(({ url }, response) => {
      if (url?.startsWith('/sense') === true)
        return void response.end(JSON.stringify({ status: 1, version: 'v', files: [listed] }));
      if (url?.startsWith('/manifest') === true) {
        const chunks = [{ offset: 0, length: 4, sha256: version }];
        return void response.end(JSON.stringify({ version, bytes: 4, chunks }));
      }
      response.writeHead(206, { 'content-range': 'bytes 4-7/8', 'content-length': 4 }).end('a,b\n');
    }),
    code: 'source_answer_wrong',
    message: wrong('it sends other bytes than those that were asked for'),
  },
  'other content than hashed': {
    kind: 'longhaul',
    server: http(({ url }, response) => {
      if (url?.startsWith('/sense') === true)
        return void response.end(JSON.stringify({ status: 1, version: 'v', files: [listed] }));
      if (url?.startsWith('/manifest') === true) {
        const chunks = [{ offset: 0, length: 4, sha256: version }];
        return void response.end(JSON.stringify({ version, bytes: 4, chunks }));
      }
      response.writeHead(206, { 'content-range': 'bytes 0-3/4', 'content-length': 4 }).end('a,b\n');
    }),
    code: 'source_content_wrong',
    message:
      'shop: the content of a.csv from URL is not what it should be: bytes 0 to 4 have another SHA-256 than the manifest says',
  },
};

test.for(Object.entries(reading))(
  'read: %s',
  async ([, { kind, path = '', server, code, message, options }]) => {
    using folder = new TempFolder();
    await using odd = await server();
    const url = odd.url + path + secrets.query;
    await using client = await TestClient.open({ url, kind, token: secrets.token }, folder.path, options);
    const [offered] = (await client.sense())!;
    await expectError(client.read(offered!), code, message.replace('FOLDER', folder.path));
    // What was to be read still is, and the next try is not in the way of what has come.
    if (kind === 'plain') expect(folder.list()).toEqual([expect.stringMatching(/\.pending$/)]);
    await expectError(client.read(offered!), code, message.replace('FOLDER', folder.path));
  },
);
