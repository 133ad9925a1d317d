import { afterEach, expect, test } from 'vitest';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { parseSource, sourceToken, tokenVariable } from './source-names.ts';
import { sourceUrlProblem } from '../schema/source-names.ts';

test.each([
  'http://127.0.0.1:5001',
  'https://shop.example/stock.csv?day=1',
  'HTTP://[::1]:5001/',
  '/srv/stock',
  'data/source-1',
  './odd: name.csv',
  'C:\\stock',
])('%j can be where a source is', (url) => {
  expect(sourceUrlProblem(url)).toBe(null);
  expect(parseSource(`shop=${url}`)).toMatchObject({ name: 'shop', url, kind: null });
});

test.each([
  '',
  'http://',
  'http://a b',
  'https://ann@host/',
  'https://:secret@host/',
  'ftp://host/a.csv',
  'file:///a.csv',
  'http://host/#part',
  'shop.example:5001',
  'a\nb',
])('%j cannot', (url) => {
  expect(sourceUrlProblem(url)).toEqual(expect.any(String));
  expect(() => parseSource(`shop=${url}`)).toThrow('--source cannot be');
});

test.each(['shop', '=http://a', 'local=http://a', 'a b=http://a', '-a=http://a', `${'a'.repeat(64)}=/a`])(
  '--source %s',
  (given) => {
    expect(() => parseSource(given)).toThrow(`--source cannot be "${given}": it must be `);
  },
);

test('what is refused does not show a password', () => {
  expect(() => parseSource('shop=http://ann:secret@host/')).toThrow('"shop=http://…@host/"');
});

const variable = tokenVariable('shop-1.a');
afterEach(() => {
  delete process.env[variable];
});

test('a token comes from the environment, else from a file, and is never shown', () => {
  using folder = new TempFolder();
  const tokenFile = folder.write('token', ' from-file \n');
  expect(variable).toBe('LONGHAUL_TOKEN_SHOP_1_A');
  expect(sourceToken({ name: 'shop-1.a', tokenFile: null })).toBe(null);
  expect(sourceToken({ name: 'shop-1.a', tokenFile })).toBe('from-file');
  process.env[variable] = 'from-environment';
  expect(sourceToken({ name: 'shop-1.a', tokenFile })).toBe('from-environment');
  process.env[variable] = 'two words';
  const wrong = (name: string, file: string | null) => () => sourceToken({ name, tokenFile: file });
  expect(wrong('shop-1.a', null)).toThrow(
    'shop-1.a: its token cannot be taken from LONGHAUL_TOKEN_SHOP_1_A (it must be visible ASCII characters without spaces)',
  );
  expect(wrong('depot', folder.file('none'))).toThrow(`(ENOENT)`);
  expect(wrong('depot', folder.write('empty', ''))).toThrow('it must be visible');
});
