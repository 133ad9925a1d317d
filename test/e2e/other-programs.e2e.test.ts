/**
 * Files as other programs write them, none of which is needed here: each gives the same table, and a compressed one that was
 * cut off or damaged gives none. Beside each the command that made it of `a.csv`, which holds `text`: GNU gzip 1.12, zstd
 * 1.5.4, brotli 1.0.9, Info-ZIP 3.0, iconv of glibc 2.36, the module csv of Python 3.11, sqlite3 3.40.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { value } from '../helpers/dump.ts';
import { makeTemplate, removeTemplate, Shop } from '../helpers/shop.ts';

beforeAll(makeTemplate);
afterAll(removeTemplate);

const text = `name,sku,description
Größe,s1,“naïve” €5
Ann,s2,"two
lines, and ""quotes"""
Ann,s3,${Array(4).fill('lay raise best end').join(' ')}
`;

// biome-ignore format: a fixture is a line
const compressed: readonly (readonly [command: string, name: string, base64: string])[] = [
  ['gzip -c a.csv', 'a.csv.gz', 'H4sICM5WA2sAA2EuY3N2AMtLzE3VKc4u1UlJLU4uyiwoyczP43IvOrzt8HyguKHOo4Y5eYmH15elPmqYq/CoaY0pl2Nenk6xkY5SSXk+V05mXmqxjkJiXoqCklJhaX5JarGSkhJEibFOTmKlQlFiZnGqQlJqcYlCKlAVuUJcAIRmbNCoAAAA'],
  ['(head -1 a.csv | gzip; tail -n +2 a.csv | gzip)', 'a.csv.gz', 'H4sIAAAAAAAAA8tLzE3VKc4u1UlJLU4uyiwoyczP4wIAx/mi6RUAAAAfiwgAAAAAAAADcy86vO3w/FSdYkOdRw1z8hIPry9LfdQwV+FR0xpTLse8PJ1iIx2lkvJ8rpzMvNRiHYXEvBQFJaXC0vyS1GIlJSWIEmOdnMRKhaLEzOJUhaTU4hKFVKAqcoW4AAZy9ReTAAAA'],
  ['zstd -c a.csv', 'a.csv.zst', 'KLUv/SSofQMAosYYIaApHf/z5sbB4gB+ov+fbNnWVvZXSvZbjcP51UVAUgF6FIeHj6tvwDdahY5dVJCZ/ZWYRSYeXtQ+o+VSY6UGWpkJN5g8GkaadgaFLUOapoDWS1iFqcJxQkuB1KF/lEG0PrEcAgBr8zBlMGUG8J56qA=='],
  ['brotli -c a.csv', 'a.csv.br', 'oTgFAOE8sGOdgQ6TH9TJmlv/ksblK9sYfcmSJ3wQxwsyFXv+1L4FOTtZNeDnq62Yc8oJB6ZRi8PATnDSs9xjbOsLRwoDLs+HlmfZbt9VZgba8F4NSsFNuhkLsb5L5mG6lADFFoBqKuf4H6d2YCVdYS0='],
  ['zip a.zip a.csv', 'a.zip', 'UEsDBBQAAAAIAPWmdl2EZmzQbwAAAKgAAAAFABwAYS5jc3ZVVAkAA85WA2vOVgNrdXgLAAEEAAAAAAQAAAAAy0vMTdUpzi7VSUktTi7KLCjJzM/jci86vO3wfKC4oc6jhjl5iYfXl6U+apir8KhpjSmXY16eTrGRjlJJeT5XTmZearGOQmJeioKSUmFpfklqsZKSEkSJsU5OYqVCUWJmcapCUmpxiUIqUBW5QlwAUEsBAh4DFAAAAAgA9aZ2XYRmbNBvAAAAqAAAAAUAGAAAAAAAAQAAAKSBAAAAAGEuY3N2VVQFAAPOVgNrdXgLAAEEAAAAAAQAAAAAUEsFBgAAAAABAAEASwAAAK4AAAAAAA=='],
  ['zip - - < a.csv', 'a.zip', 'UEsDBC0ACAAIAPWmdl0AAAAA//////////8BABQALQEAEACoAAAAAAAAAAAAAAAAAAAAy0vMTdUpzi7VSUktTi7KLCjJzM/jci86vO3wfKC4oc6jhjl5iYfXl6U+apir8KhpjSmXY16eTrGRjlJJeT5XTmZearGOQmJeioKSUmFpfklqsZKSEkSJsU5OYqVCUWJmcapCUmpxiUIqUBW5QlwAUEsHCIRmbNBvAAAAAAAAAKgAAAAAAAAAUEsBAh4DLQAIAAgA9aZ2XYRmbNBvAAAAqAAAAAEAAAAAAAAAAQAAAKSBAAAAAC1QSwUGAAAAAAEAAQAvAAAAugAAAAAA'],
];

// biome-ignore format: a fixture is a line
const encoded: readonly (readonly [command: string, args: readonly string[], base64: string])[] = [
  ['iconv -t UTF-16 a.csv', [], '//5uAGEAbQBlACwAcwBrAHUALABkAGUAcwBjAHIAaQBwAHQAaQBvAG4ACgBHAHIA9gDfAGUALABzADEALAAcIG4AYQDvAHYAZQAdICAArCA1AAoAQQBuAG4ALABzADIALAAiAHQAdwBvAAoAbABpAG4AZQBzACwAIABhAG4AZAAgACIAIgBxAHUAbwB0AGUAcwAiACIAIgAKAEEAbgBuACwAcwAzACwAbABhAHkAIAByAGEAaQBzAGUAIABiAGUAcwB0ACAAZQBuAGQAIABsAGEAeQAgAHIAYQBpAHMAZQAgAGIAZQBzAHQAIABlAG4AZAAgAGwAYQB5ACAAcgBhAGkAcwBlACAAYgBlAHMAdAAgAGUAbgBkACAAbABhAHkAIAByAGEAaQBzAGUAIABiAGUAcwB0ACAAZQBuAGQACgA='],
  ['iconv -t UTF-16BE a.csv', ["--encoding", "utf-16be"], 'AG4AYQBtAGUALABzAGsAdQAsAGQAZQBzAGMAcgBpAHAAdABpAG8AbgAKAEcAcgD2AN8AZQAsAHMAMQAsIBwAbgBhAO8AdgBlIB0AICCsADUACgBBAG4AbgAsAHMAMgAsACIAdAB3AG8ACgBsAGkAbgBlAHMALAAgAGEAbgBkACAAIgAiAHEAdQBvAHQAZQBzACIAIgAiAAoAQQBuAG4ALABzADMALABsAGEAeQAgAHIAYQBpAHMAZQAgAGIAZQBzAHQAIABlAG4AZAAgAGwAYQB5ACAAcgBhAGkAcwBlACAAYgBlAHMAdAAgAGUAbgBkACAAbABhAHkAIAByAGEAaQBzAGUAIABiAGUAcwB0ACAAZQBuAGQAIABsAGEAeQAgAHIAYQBpAHMAZQAgAGIAZQBzAHQAIABlAG4AZAAK'],
  ['iconv -t CP1252 a.csv', ["--encoding", "windows-1252"], 'bmFtZSxza3UsZGVzY3JpcHRpb24KR3L232UsczEsk25h73ZllCCANQpBbm4sczIsInR3bwpsaW5lcywgYW5kICIicXVvdGVzIiIiCkFubixzMyxsYXkgcmFpc2UgYmVzdCBlbmQgbGF5IHJhaXNlIGJlc3QgZW5kIGxheSByYWlzZSBiZXN0IGVuZCBsYXkgcmFpc2UgYmVzdCBlbmQK'],
];

// biome-ignore format: a fixture is a line
const inDialects: readonly (readonly [command: string, args: readonly string[], content: string])[] = [
  ['csv.writer(file, \'excel\')', [], 'name,sku,description\r\nGröße,s1,“naïve” €5\r\nAnn,s2,"two\nlines, and ""quotes"""\r\nAnn,s3,lay raise best end lay raise best end lay raise best end lay raise best end\r\n'],
  ['csv.writer(file, \'excel-tab\')', ["--delimiter", "tab"], 'name\tsku\tdescription\r\nGröße\ts1\t“naïve” €5\r\nAnn\ts2\t"two\nlines, and ""quotes"""\r\nAnn\ts3\tlay raise best end lay raise best end lay raise best end lay raise best end\r\n'],
  ['csv.writer(file, \'unix\')', [], '"name","sku","description"\n"Größe","s1","“naïve” €5"\n"Ann","s2","two\nlines, and ""quotes"""\n"Ann","s3","lay raise best end lay raise best end lay raise best end lay raise best end"\n'],
  ['csv.writer(file, delimiter=\';\', quotechar="\'")', ["--delimiter", ";", "--quote", "'"], 'name;sku;description\r\nGröße;s1;“naïve” €5\r\nAnn;s2;\'two\nlines, and "quotes"\'\r\nAnn;s3;lay raise best end lay raise best end lay raise best end lay raise best end\r\n'],
  ['csv.writer(file, quoting=csv.QUOTE_ALL, doublequote=False, escapechar=\'\\\\\')', ["--escape", "\\"], '"name","sku","description"\r\n"Größe","s1","“naïve” €5"\r\n"Ann","s2","two\nlines, and \\"quotes\\""\r\n"Ann","s3","lay raise best end lay raise best end lay raise best end lay raise best end"\r\n'],
  ['sqlite3 -csv -header :memory: ".import a.csv t --csv" "SELECT * FROM t"', [], 'name,sku,description\n"Größe",s1,"“naïve” €5"\nAnn,s2,"two\nlines, and ""quotes"""\nAnn,s3,"lay raise best end lay raise best end lay raise best end lay raise best end"\n'],
];

async function expectSameTable(
  name: string,
  content: string | Uint8Array,
  args: readonly string[],
): Promise<void> {
  using shop = new Shop();
  shop.write(name, content);
  const database = shop.newDatabase;
  expect(await shop.run(['import', name, ...args], { database })).toMatchObject({ status: 0, stderr: '' });
  const rows = value(
    database,
    'SELECT json_group_array(json_array(name, sku, description) ORDER BY sku) FROM products',
  );
  expect(JSON.parse(String(rows))).toEqual([
    ['Größe', 's1', '“naïve” €5'],
    ['Ann', 's2', 'two\nlines, and "quotes"'],
    ['Ann', 's3', 'lay raise best end lay raise best end lay raise best end lay raise best end'],
  ]);
}

test('as it is', () => expectSameTable('a.csv', text, []));

test.each(compressed)('%s', (_, name, base64) => expectSameTable(name, Buffer.from(base64, 'base64'), []));

test.each(encoded)('%s', (_, args, base64) => expectSameTable('a.csv', Buffer.from(base64, 'base64'), args));

test.each(inDialects)('%s', (_, args, content) => expectSameTable('a.csv', content, args));

test.each(compressed)('%s, cut off and damaged', async (_, name, base64) => {
  const whole = Buffer.from(base64, 'base64');
  const damaged = Buffer.from(whole);
  damaged[whole.length >> 1]! ^= 0x10;
  using shop = new Shop();
  for (const content of [whole.subarray(0, -1), whole.subarray(0, whole.length >> 1), damaged]) {
    shop.write(name, content);
    const { status, stderr } = await shop.run(['import', name]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/data (is damaged|ends too early)/)]);
    shop.expectUntouched();
  }
});
