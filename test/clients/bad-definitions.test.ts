/** What is said of a source and can never be asked, or is not there: told in words, nothing secret in them. */
import { test } from 'vitest';
import { expectError } from '../helpers/expect-error.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestClient } from '../helpers/test-client.ts';

test.for([
  ['http://', 'its address is none'],
  ['http://host:99999/', 'its address is none'],
  ['http://us er:geheim@ho st/', 'its address is none'],
  ['ftp://ann:geheim@host/a.csv', 'its address begins with neither http:// nor https://'],
  ['s3://bucket/geheim', 'its address begins with neither http:// nor https://'],
  ['', 'its path is none'],
])('an address that is none: %s', async ([url = '', reason]) => {
  using folder = new TempFolder();
  await expectError(
    TestClient.open({ url }, folder.path),
    'source_wrong',
    `the source "shop" cannot be asked: ${reason}`,
  );
});

test('a token that no header can hold, and a kind that an address cannot be', async () => {
  using folder = new TempFolder();
  const url = 'http://127.0.0.1:1';
  await expectError(
    TestClient.open({ url, token: 'geheim\r\nX: 1' }, folder.path),
    'source_wrong',
    'the source "shop" cannot be asked: its token is not visible ASCII without spaces',
  );
  await expectError(
    TestClient.open({ url, kind: 'folder' }, folder.path),
    'source_wrong',
    'the source "shop" cannot be asked: an address is no folder',
  );
  await using client = await TestClient.open({ url: `${url}/?key=geheim` }, folder.path);
  await expectError(
    client.sense(),
    'source_unreachable',
    `shop: ${url}/sense?… cannot be reached (ECONNREFUSED)`,
  );
});
