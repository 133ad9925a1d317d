import { checkChange } from '../../edit/check-change.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { type ColumnType, columnType, type Dataset } from '../../schema/dataset.ts';
import type { JsonValue } from '../../schema/json-values.ts';

/**
 * New values as an edit takes them: texts as files have them. What JSON and the column's type do not mean alike is refused
 * rather than guessed.
 *
 * Throws `edit_bad_value`, `edit_unknown_column`, `edit_of_key`, `edit_without_key`.
 */
export function changeOf(dataset: Dataset, values: Readonly<Record<string, JsonValue>>): Map<string, string> {
  const change = new Map<string, string>();
  for (const [column, value] of Object.entries(values)) {
    const isThere = dataset.columns.some(({ name }) => name === column);
    const read = isThere ? textOf(columnType(dataset, column), value) : { text: '' };
    if ('text' in read) change.set(column, read.text);
    else throw LonghaulError.of('edit_bad_value', { column, reason: read.reason });
  }
  // Before anybody looks for the row: what no row can become is wrong whether it is there or not.
  checkChange(dataset, change);
  return change;
}

function textOf(type: ColumnType, value: JsonValue): { text: string } | { reason: string } {
  switch (typeof value) {
    case 'string':
      return value === '' && type !== 'text' ? { reason: `it is no ${type}; NULL is null` } : { text: value };
    case 'number':
      if (type !== 'integer' && type !== 'real')
        return { reason: `it is a number, and the column is ${type}` };
      // JSON's readers have rounded it by now.
      if (Number.isInteger(value) && !Number.isSafeInteger(value) && type === 'integer')
        return { reason: 'it is more than a JSON number holds exactly; give it as text' };
      return { text: String(value) };
    case 'boolean':
      return type === 'boolean'
        ? { text: String(value) }
        : { reason: `it is a boolean, and the column is ${type}` };
    default:
      return type === 'text' ? { reason: 'a text cannot be NULL; give "" for an empty one' } : { text: '' };
  }
}
