import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultDialect } from '../csv/dialect.ts';
import { products } from '../schema/dataset.ts';
import { type ReferenceOutcome, ReferenceTable } from './replay.ts';

/** The reference is checked by hand: each expectation is a sentence of section 4. */
function importing(): {
  table: ReferenceTable;
  importText: (text: string, name?: string, limit?: number) => ReferenceOutcome;
  shown: () => string[];
} {
  const table = new ReferenceTable(products);
  return {
    table,
    importText: (text, name = 'a.csv', limit = 1000) =>
      table.importFile({
        name,
        content: new Uint8Array(Buffer.from(text, 'latin1')),
        dialect: defaultDialect,
        columns: null,
        maxRecordBytes: 30,
        rejectLimit: { kind: 'number', number: limit },
      }),
    shown: () => table.rows.map((row) => `${row.values.join('|')} #${row.import}:${row.line}`),
  };
}

const header = 'name,sku,description\n';
const none = {
  inserted: 0,
  updated: 0,
  unchanged: 0,
  superseded: 0,
  kept: 0,
  rejected: 0,
  rejectedBy: {},
  blankLines: 0,
};

describe('one run', () => {
  test('the last good record of a key counts', () => {
    const { importText, shown, table } = importing();
    const outcome = importText(`${header}Ann,b,1\nBob,a,2\nCid,b,3\nDan,b\n`);
    expect(outcome).toMatchObject({
      kind: 'published',
      sums: {
        ...none,
        records: 4,
        inserted: 2,
        superseded: 1,
        rejected: 1,
        rejectedBy: { too_few_fields: 1 },
      },
    });
    expect(shown()).toEqual(['Bob|a|2 #0:3', 'Cid|b|3 #0:4']);
    expect([...table.counts('name')]).toEqual([
      ['Cid', 1],
      ['Bob', 1],
    ]);
  });

  test('columns in any order, unknown ones left out', () => {
    const { importText, shown } = importing();
    expect(importText('description,x,sku,name\n1,?,s,n\n')).toMatchObject({ ignoredColumns: ['x'] });
    expect(shown()).toEqual(['n|s|1 #0:2']);
  });

  test('each reason to reject, the first that fits', () => {
    const { importText } = importing();
    const records = [
      ['field_too_large', `n,s,${'d'.repeat(30)}`],
      ['stray_quote', '"n"\xff,s'],
      ['bad_encoding', 'n,\xff\0'],
      ['nul_byte', 'n\0,s'],
      ['too_few_fields', 'n,'],
      ['too_many_fields', 'n,,d,e'],
      ['empty_key', 'n,"",d'],
    ] as const;
    const outcome = importText(header + records.map(([, record]) => `${record}\n`).join(''));
    expect(outcome).toMatchObject({
      kind: 'published',
      rejects: records.map(([code, record], index) => ({
        code,
        line: index + 2,
        byteLength: record.length,
        raw: new Uint8Array(Buffer.from(record, 'latin1')),
      })),
    });
  });
});

describe('several runs', () => {
  test('A, B, A are three runs; the same again is none', () => {
    const { importText, shown } = importing();
    const [a, b] = [`${header}Ann,x,1\n`, `${header}Bob,x,1\n`];
    expect(importText(a)).toMatchObject({ sums: { inserted: 1 } });
    expect(importText(a)).toEqual({ kind: 'already_published' });
    expect(importText(b)).toMatchObject({ sums: { updated: 1 } });
    expect(importText(a)).toMatchObject({ sums: { updated: 1 } });
    expect(shown()).toEqual(['Ann|x|1 #3:2']);
  });

  test('the same content under another name is a run of its own, all unchanged; rows that are gone stay', () => {
    const { importText, shown } = importing();
    importText(`${header}Ann,x,1\nBob,y,2\n`);
    expect(importText(`${header}Ann,x,1\nBob,y,2\n`, 'b.csv')).toMatchObject({
      sums: { unchanged: 2, updated: 0 },
    });
    expect(importText(`${header}\n\nAnn,x,1\n`)).toMatchObject({ sums: { unchanged: 1, blankLines: 2 } });
    expect(shown()).toEqual(['Ann|x|1 #0:2', 'Bob|y|2 #0:3']);
  });

  test('a failed run changes nothing and does not count as published', () => {
    const { importText, shown } = importing();
    const bad = `${header}Ann,x,1\nBob\n`;
    expect(importText(bad, 'a.csv', 0)).toEqual({ kind: 'failed', code: 'reject_limit' });
    expect(shown()).toEqual([]);
    expect(importText(bad, 'a.csv', 1)).toMatchObject({ kind: 'published' });
  });
});

test.each([
  ['file_empty', ''],
  ['file_empty', '\n\r\n'],
  ['unterminated_quote', 'name,"sku\n'],
  ['unterminated_quote', `${header}n,s,"d\n`],
  ['header_unreadable', `${'x'.repeat(31)}\n`],
  ['header_unreadable', 'name,"sku"x,description\n'],
  ['header_unreadable', 'name,sku,description,\xff\n'],
  ['header_missing_column', 'name,sku\n'],
  ['header_repeated_column', 'sku,name,sku\n'],
  ['looks_like_html', '<HTML>\n'],
  ['looks_like_json', '{"status": 0}\n'],
  ['looks_like_json', '[\n{"name": "n"}]\n'],
  ['header_missing_column', '[name],[sku]\n'],
  ['looks_binary', 'name\0\n'],
  ['looks_binary', '\xff\xfen\0\n'],
])('%s: %j', (code, text) => {
  expect(importing().importText(text)).toEqual({ kind: 'failed', code });
});

test('a limit in percent is exact', () => {
  const content = Buffer.from(header + 'n,s,d\n'.repeat(71) + 'n\n'.repeat(29));
  const file = { name: 'a', content, dialect: defaultDialect, columns: null, maxRecordBytes: 100 };
  const withLimit = (part: number): string =>
    new ReferenceTable(products).importFile({ ...file, rejectLimit: { kind: 'part', part, atLeast: 0 } })
      .kind;
  expect([withLimit(0.29), withLimit(0.2899), withLimit(0.28)]).toEqual(['published', 'failed', 'failed']);
});

describe('edits', () => {
  const file = (...records: string[]): string => header + records.map((record) => `${record}\n`).join('');
  const named = (name: string): Map<string, string> => new Map([['name', name]]);

  test('an edit changes some columns of one row; counts follow; it can be taken back', () => {
    const { importText, shown, table } = importing();
    importText(file('Ann,x,1', 'Bob,y,2'));
    expect(table.edit('x', named('Eve'))).toBe('done');
    expect(shown()).toEqual(['Eve|x|1 #0:2', 'Bob|y|2 #0:3']);
    expect(table.counts('name')).toEqual(new Map(Object.entries({ Eve: 1, Bob: 1 })));
    expect(table.takeBack('x')).toBe('done');
    expect(shown()).toEqual(['Ann|x|1 #0:2', 'Bob|y|2 #0:3']);
    expect(table.takeBack('x')).toBe('edit_not_standing');
    expect(table.edit('x', named('Ann'))).toBe('edit_changes_nothing');
    expect([table.edit('z', named('Eve')), table.takeBack('z')]).toEqual(['row_not_found', 'row_not_found']);
  });

  test('the same record again is kept; a new one of that file ends the edit', () => {
    const { importText, shown, table } = importing();
    importText(file('Ann,x,1'));
    table.edit('x', named('Eve'));
    expect(importText(file('Bob,y,2', 'Ann,x,1'))).toMatchObject({
      sums: { kept: 1, inserted: 1, unchanged: 0 },
    });
    expect(shown()).toEqual(['Eve|x|1 #0:2', 'Bob|y|2 #1:2']);
    expect(importText(file('Ann,x,2'))).toMatchObject({ sums: { kept: 0, updated: 1 } });
    expect(shown()[0]).toBe('Ann|x|2 #2:2');
    expect(table.takeBack('x')).toBe('edit_not_standing');
    expect(table.edits('x')).toMatchObject([{ state: 'ended', endedByImport: 2 }]);
    expect(importText(file('Ann,x,1'))).toMatchObject({ sums: { kept: 0, updated: 1 } });
  });

  test('a file that has none remembered does not end it, its next record does', () => {
    const { importText, shown, table } = importing();
    importText(file('Ann,x,1'));
    table.edit('x', named('Eve'));
    expect(importText(file('Cid,x,3'), 'b.csv')).toMatchObject({ sums: { kept: 1 } });
    expect(importText(file('', 'Cid,x,3'), 'b.csv')).toMatchObject({ sums: { kept: 1 } });
    expect(shown()).toEqual(['Eve|x|1 #0:2']);
    expect(importText(file('Cid,x,4'), 'b.csv')).toMatchObject({ sums: { updated: 1 } });
    expect(shown()).toEqual(['Cid|x|4 #3:2']);
  });

  test('only the file that the row came from is remembered at first', () => {
    const { importText, shown, table } = importing();
    importText(file('Ann,x,1'));
    importText(file('Ann,x,1'), 'b.csv');
    table.edit('x', named('Eve'));
    expect(importText(file('Cid,x,3'), 'b.csv')).toMatchObject({ sums: { kept: 1 } });
    expect(importText(file('Dan,x,3'))).toMatchObject({ sums: { updated: 1 } });
    expect(shown()).toEqual(['Dan|x|3 #3:2']);
  });

  test('taken back, the row is what the last of all files has brought', () => {
    const { importText, shown, table } = importing();
    importText(file('Ann,x,1'));
    table.edit('x', named('Eve'));
    importText(file('', 'Cid,x,3'), 'b.csv');
    importText(file('', '', 'Cid,x,3'), 'c.csv');
    table.takeBack('x');
    // c.csv brought what b.csv had brought already: the row goes on naming the run of b.csv.
    expect(shown()).toEqual(['Cid|x|3 #1:3']);
    table.edit('x', named('Eve'));
    importText(file('', 'Ann,x,1'), 'd.csv');
    importText(file('', '', '', 'Cid,x,3'), 'b.csv');
    table.takeBack('x');
    expect(shown()).toEqual(['Cid|x|3 #4:5']);
  });

  test('a record that ends an edit is updated, also when it says what the edit said', () => {
    const { importText, shown, table } = importing();
    importText(file('Ann,x,1'));
    table.edit('x', named('Eve'));
    expect(importText(file('', 'Eve,x,1'))).toMatchObject({ sums: { updated: 1, unchanged: 0 } });
    expect(shown()).toEqual(['Eve|x|1 #1:3']);
  });

  test('a further edit stands on what the first one has remembered', () => {
    const { importText, shown, table } = importing();
    importText(file('Ann,x,1'));
    table.edit('x', named('Eve'));
    importText(file('Cid,x,3'), 'b.csv');
    expect(table.edit('x', new Map([['description', 'E']]))).toBe('done');
    expect(shown()).toEqual(['Eve|x|E #0:2']);
    expect(table.edits('x').map(({ state }) => state)).toEqual(['replaced', 'standing']);
    expect(importText(file('', 'Ann,x,1'))).toMatchObject({ sums: { kept: 1 } });
    expect(importText(file('Cid,x,4'), 'b.csv')).toMatchObject({ sums: { updated: 1 } });
    expect(shown()).toEqual(['Cid|x|4 #3:2']);
  });

  test('of several records of a key in one file the last one meets the edit', () => {
    const { importText, shown, table } = importing();
    importText(file('Ann,x,1'));
    table.edit('x', named('Eve'));
    expect(importText(file('Bob,x,9', 'Ann,x,1'))).toMatchObject({ sums: { kept: 1, superseded: 1 } });
    expect(shown()).toEqual(['Eve|x|1 #0:2']);
  });

  test('once all edits are taken back, the table is as if there had been none', () => {
    const name = fc.constantFrom('Ann', 'Bob');
    const sku = fc.constantFrom('x', 'y');
    const step = fc.oneof(
      fc.record({
        file: fc.constantFrom('a', 'b'),
        records: fc.array(fc.tuple(name, sku), { maxLength: 3 }),
      }),
      fc.record({ edit: sku, name }),
      fc.record({ takeBack: sku }),
    );
    const property = fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const [edited, plain] = [importing(), importing()];
      for (const given of steps) {
        if ('file' in given) {
          const text = file(...given.records.map((values) => `${values.join(',')},`));
          for (const { importText } of [edited, plain]) importText(text, given.file);
        } else if ('edit' in given) edited.table.edit(given.edit, named(given.name));
        else edited.table.takeBack(given.takeBack);
      }
      for (const key of ['x', 'y']) edited.table.takeBack(key);
      const values = ({ table }: typeof edited) => table.rows.map((row) => row.values);
      expect(values(edited)).toEqual(values(plain));
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
