/** After somebody has changed any one cell by hand, `verify` disagrees and says where. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writing } from '../helpers/dump.ts';
import { makeTemplate, removeTemplate, Shop } from '../helpers/shop.ts';

beforeAll(makeTemplate);
afterAll(removeTemplate);

const hashDiffers = 'its values do not have the hash that was stored with them';
const rowS1 = `row sku=s1 (run 1, line 2): ${hashDiffers}`;
const checksum: unknown = expect.stringMatching(
  /^checksum: [\da-f]{16} was published, [\da-f]{16} is what the rows add up to$/,
);

test.for<[change: string, findings: unknown[]]>([
  [
    "UPDATE products SET name = 'Eve' WHERE sku = 's1'",
    [
      rowS1,
      checksum,
      'product_counts of "Ann": 1 rows have it, the table says 2',
      'product_counts of "Eve": 1 rows have it, the table says nothing',
    ],
  ],
  [
    "UPDATE products SET sku = 's0' WHERE sku = 's1'",
    [`row sku=s0 (run 1, line 2): ${hashDiffers}`, checksum],
  ],
  ["UPDATE products SET description = 'One' WHERE sku = 's1'", [rowS1, checksum]],
  ["UPDATE products SET description = 'one ' WHERE sku = 's1'", [rowS1, checksum]],
  ["UPDATE products SET description = '', name = name WHERE sku = 's1'", [rowS1, checksum]],
  ["UPDATE products SET _run = 2 WHERE sku = 's1'", [`row sku=s1 (run 2, line 2): ${hashDiffers}`, checksum]],
  [
    "UPDATE products SET _line = 3 WHERE sku = 's1'",
    [`row sku=s1 (run 1, line 3): ${hashDiffers}`, checksum],
  ],
  ["UPDATE products SET _hash = _hash + 1 WHERE sku = 's1'", [rowS1]],
  // Two rows that swap their texts add up to the same lengths and counts.
  [
    "UPDATE products SET description = CASE sku WHEN 's1' THEN '' ELSE 'one' END WHERE sku IN ('s1', 's3')",
    [rowS1, `row sku=s3 (run 1, line 5): ${hashDiffers}`, checksum],
  ],
  [
    "INSERT INTO products SELECT name, 's9', description, _run, _line, _hash FROM products WHERE sku = 's1'",
    [
      `row sku=s9 (run 1, line 2): ${hashDiffers}`,
      'number of rows: 3 were published, 4 are there',
      checksum,
      'product_counts of "Ann": 3 rows have it, the table says 2',
    ],
  ],
  [
    "DELETE FROM products WHERE sku = 's2'",
    [
      'number of rows: 3 were published, 2 are there',
      checksum,
      'product_counts of "Bob": 0 rows have it, the table says 1',
    ],
  ],
  [
    "UPDATE product_counts SET no_of_products = 3 WHERE name = 'Ann'",
    ['product_counts of "Ann": 2 rows have it, the table says 3'],
  ],
  [
    "UPDATE product_counts SET name = 'ann' WHERE name = 'Ann'",
    [
      'product_counts of "Ann": 2 rows have it, the table says nothing',
      'product_counts of "ann": 0 rows have it, the table says 2',
    ],
  ],
  [
    "INSERT INTO product_counts VALUES ('Eve', 1)",
    ['product_counts of "Eve": 0 rows have it, the table says 1'],
  ],
  [
    "INSERT INTO product_counts VALUES ('Eve', 0)",
    ['product_counts of "Eve": 0 rows have it, the table says 0'],
  ],
  [
    "DELETE FROM product_counts WHERE name = 'Bob'",
    ['product_counts of "Bob": 1 rows have it, the table says nothing'],
  ],
  ['UPDATE _longhaul_runs SET inserted = 4', ['run 1: 3 records were read, but 4 are accounted for']],
  ['UPDATE _longhaul_datasets SET checksum = checksum + 1', [checksum]],
])('%s', async ([change, findings]) => {
  using shop = new Shop();
  expect(await shop.run(['verify'])).toMatchObject({ status: 0, stderr: '' });
  writing(shop.database, change);
  const { status, stdout, stderr } = await shop.run(['verify']);
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  const found = [...stdout.matchAll(/^ {2}DIFFERS (.*)$/gm)].map(([, finding]) => finding);
  expect(found).toEqual(findings);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('the database is NOT as it was published');
  const json = await shop.run(['verify', '--json']);
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ agrees: false });
});

test('an import into a table with wrong counts stops before it makes them worse', async () => {
  using shop = new Shop();
  writing(shop.database, "DELETE FROM product_counts WHERE name = 'Bob'");
  shop.write('new.csv', 'name,sku,description\nAnn,s2,two\n');
  expect(await shop.run(['import', 'new.csv'])).toMatchObject({
    status: 1,
    stderr:
      'longhaul: the table "product_counts" does not hold the right number for "Bob"; nothing was changed\nTry: "longhaul verify" shows what was changed from outside\n',
  });
});
