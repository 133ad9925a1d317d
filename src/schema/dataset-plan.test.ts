import { describe, expect, test } from 'vitest';
import { type Dataset, products } from './dataset.ts';
import { type DatasetPlan, namedPlan, planConflict, planDataset } from './dataset-plan.ts';

const columns = ['id', 'status', 'amount'];

function plan(said: Partial<DatasetPlan> = {}): DatasetPlan {
  return { ...namedPlan('orders'), ...said };
}

const orders: Dataset = {
  name: 'orders',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'status', type: 'text' },
    { name: 'amount', type: 'real' },
  ],
  key: ['id'],
  counts: [{ column: 'status', table: 'orders_counts_by_status', numberColumn: 'no_of_rows' }],
};
const said = { key: ['id'], countBy: ['status'], types: new Map([['amount', 'real' as const]]) };

describe('a plan', () => {
  test('with the columns of a file makes a dataset', () => {
    expect(planDataset(plan(said), columns)).toEqual(orders);
    expect(planDataset(plan(), ['id'])).toEqual({
      name: 'orders',
      columns: [{ name: 'id', type: 'text' }],
      key: [],
      counts: [],
    });
  });

  test('of products is the products that everybody knows, unless it says more', () => {
    expect(planDataset(namedPlan('products'), ['whatever'])).toBe(products);
    const own = planDataset({ ...namedPlan('products'), key: ['sku'], countBy: ['name', 'sku'] }, [
      'name',
      'sku',
    ]);
    expect(own).toMatchObject({
      key: ['sku'],
      counts: [{ table: 'product_counts' }, { table: 'products_counts_by_sku' }],
    });
  });

  test.each<[said: Partial<DatasetPlan>, columns: string[], problem: string]>([
    [{ name: '' }, columns, 'a table has an empty name'],
    [{ name: '_Longhaul_x' }, columns, 'begins as those that longhaul and SQLite keep'],
    [{ name: 'sqlite_x' }, columns, 'begins as those that longhaul and SQLite keep'],
    [{ name: 'a\0b' }, columns, 'holds what is no character'],
    [{}, [], 'it has no columns'],
    [{}, Array.from({ length: 1501 }, (_, column) => `c${column}`), '1501 columns'],
    [{}, ['id', ''], 'a column has an empty name'],
    [{}, ['id', '_Run'], 'longhaul keeps for itself (_run, _line, _hash)'],
    [{}, ['Id', 'iD'], '"Id" and "iD" differ in capital letters only'],
    [{ key: ['nope'] }, columns, 'its key "nope" is no column; the columns are "id", "status", "amount"'],
    [{ key: ['id', 'id'] }, columns, 'its key columns name "id" twice'],
    [{ key: ['id'], types: new Map([['id', 'integer']]) }, columns, 'its key "id" must be text'],
    [{ types: new Map([['nope', 'real']]) }, columns, 'a type is given to "nope", which is no column'],
    [{ countBy: ['nope'] }, columns, 'it cannot be counted by "nope", which is no column'],
    [{ countBy: ['id', 'id'] }, columns, 'its counted columns name "id" twice'],
    [{ countBy: ['No_of_rows'] }, ['No_of_rows'], 'the count table has a column of that name'],
  ])('%j of %j is refused', (of, names, problem) => {
    expect(planDataset(plan(of), names)).toContain(problem);
  });

  // Beyond ASCII databases tell capital letters apart.
  test.each([['select'], ['"'], ['__proto__'], ['constructor'], ['Ä', 'ä'], ['a b'], ['\u{10000}']])(
    'may name a column %s',
    (...names) => {
      expect(planDataset(plan({ key: names.slice(0, 1), countBy: names.slice(0, 1) }), names)).toMatchObject({
        columns: names.map((name) => ({ name })),
      });
    },
  );
});

describe('what is there', () => {
  test.each<[said: Partial<DatasetPlan>, conflict: string | null]>([
    [{}, null],
    [said, null],
    [{ columns: ['amount', 'id', 'status'] }, null],
    [{ key: ['status'] }, 'its key is "id", not "status"'],
    [{ key: [] }, 'its key is "id", not none'],
    [{ countBy: ['status', 'id'] }, 'it counts by "status", not by "status", "id"'],
    [{ columns: ['id'] }, 'its columns are "id", "status", "amount", not "id"'],
    [{ types: new Map([['amount', 'integer']]) }, 'its column "amount" is real, not integer'],
    [
      { types: new Map([['nope', 'integer']]) },
      'it has no column "nope"; its columns are "id", "status", "amount"',
    ],
  ])('%j: %s', (of, conflict) => {
    expect(planConflict(plan(of), orders)).toBe(conflict);
  });
});
