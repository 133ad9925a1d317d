import { describe, expect, test } from 'vitest';
import { bytesOf } from '../csv/cases.ts';
import { defaultDialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { DatasetOrPlan } from '../schema/dataset-plan.ts';
import { products } from '../schema/dataset.ts';
import { checkHeader } from './header-check.ts';

function refusal(text: string, delimiter = ',', table: DatasetOrPlan = products): LonghaulError {
  try {
    checkHeader(bytesOf(text), { ...defaultDialect, delimiter: delimiter.charCodeAt(0) }, table, 'a.csv');
  } catch (error) {
    if (error instanceof LonghaulError) return error;
    throw error;
  }
  throw new Error('the header was accepted');
}

describe('a header', () => {
  test('that fits gives the mapping', () => {
    const text = '\uFEFF\n"sku",x,description,"na""me",name\r\n';
    expect(checkHeader(bytesOf(text), defaultDialect, products, 'a.csv')).toEqual({
      dataset: products,
      mapping: { fields: 5, fieldOfColumn: [0, 4, 2], ignored: ['x', 'na"me'] },
    });
  });

  test.each([
    ['', 'file_empty'],
    ['\uFEFF\r\n\n', 'file_empty'],
    ['<!DOCTYPE html>\n', 'looks_like_html'],
    ['\uFEFF \n<HTML lang="en">\n', 'looks_like_html'],
    ['{"name":"n","sku":"s"}\n', 'looks_like_json'],
    ['\uFEFF\n[\n{"name"}', 'looks_like_json'],
    ['{}\n', 'looks_like_json'],
    ['[name],[sku]\n', 'header_missing_column'],
    ['{name},{sku}\n', 'header_missing_column'],
    ['<htmlish>,name\n', 'header_missing_column'],
    ['name\0,sku\n', 'looks_binary'],
    ['name,"sku\n', 'unterminated_quote'],
    ['name,"sku"x,description\n', 'header_unreadable'],
    ['name,\u00ff,sku,description\n', 'header_unreadable'],
    ['name,sku,description,name\n', 'header_repeated_column'],
    ['name,sku\n', 'header_missing_column'],
    ['nom,prix\n', 'header_missing_column'],
  ])('%j is refused: %s', (text, code) => {
    expect(refusal(text)).toMatchObject({ code, facts: { file: 'a.csv' } });
  });

  test('names what is missing and what is there', () => {
    const { message, hint } = refusal('name,price,color\n');
    expect(message).toBe(
      'a.csv: line 1: the header has no column "sku", "description"; it has "name", "price", "color"',
    );
    expect(hint).toContain('right file');
    const many = refusal(Array.from({ length: 25 }, (_, index) => `c${index}`).join());
    expect(many.message).toMatch(/"c19" and 5 more$/);
  });

  test('with another delimiter says which option helps', () => {
    expect(refusal('name;sku;description\n').hint).toContain('--delimiter ";"');
    expect(refusal('name\tsku\tdescription\n').hint).toContain('--delimiter "tab"');
    expect(refusal('id|name|sku|description\n').hint).toContain('--delimiter "|"');
    expect(refusal('name,sku,description\n', ';').hint).toContain('--delimiter ","');
  });

  test('of a new table without its key is refused, with that option where it may help', () => {
    const prices = { name: 'prices', columns: null, types: null, key: ['id'], countBy: null };
    expect(refusal('id;price\n', ',', prices)).toMatchObject({
      code: 'header_missing_column',
      message: 'a.csv: line 1: the header has no column "id"; it has "id;price"',
      hint: 'the columns look separated by ";": add --delimiter ";"',
    });
    expect(refusal('number;price\n', ',', prices)).toMatchObject({ code: 'dataset_impossible' });
    expect(refusal('number,price\n', ',', prices)).toMatchObject({ code: 'dataset_impossible' });
  });

  test('whose names differ in case or spaces says so', () => {
    expect(refusal('name,Sku ,description\n').hint).toContain('rename "Sku " to "sku"');
    expect(refusal('NAME,x,y,z\n').hint).toContain('rename "NAME" to "name"');
  });
});
