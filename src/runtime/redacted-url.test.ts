import { expect, test } from 'vitest';
import { redactedUrl } from './redacted-url.ts';

test.each([
  ['sqlite:longhaul.db', 'sqlite:longhaul.db'],
  ['postgres://host/db', 'postgres://host/db'],
  ['postgres://ann@host/db?schema=shop', 'postgres://ann@host/db?schema=shop'],
  ['postgres://ann:secret@host/db', 'postgres://ann:***@host/db'],
  ['postgres://:secret@host/db', 'postgres://:***@host/db'],
  ['postgres://ann:se:cr@et@host:5432/db', 'postgres://ann:***@host:5432/db'],
  ['postgres://ann:%73ecret@[::1]:x/db', 'postgres://ann:***@[::1]:x/db'],
  [
    'postgresql:///db?host=/run&user=ann&password=secret&x=1',
    'postgresql:///db?host=/run&user=ann&password=***&x=1',
  ],
])('%s', (url, shown) => {
  expect(redactedUrl(url)).toBe(shown);
});
