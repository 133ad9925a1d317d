import { editDatabase } from '../processes/edit.ts';
import { redactedUrl } from '../runtime/redacted-url.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { type Dataset, products } from '../schema/dataset.ts';
import { valuesByColumn } from '../schema/json-values.ts';
import { checksumText } from '../schema/row-hash.ts';
import { type CommandSpec, exitStatus, type Given } from './command.ts';
import { shownTexts } from './row-values.ts';
import { printLine, visible } from './terminal.ts';

/** Columns of products that an edit may change, each an option of its name. */
const ofProducts = products.columns.map(({ name }) => name).filter((name) => !products.key.includes(name));

export const updateCommand: CommandSpec = {
  name: 'update',
  args: '<key...>',
  summary: 'edit a product or a row of another table, or take the edit back',
  description: `Changes the name, the description or both of one product, and the number of products per name with it, in one
step. The sku itself cannot be changed. The edit stays when files bring the record that it covers once more (the import counts that as "kept"), and
ends when a file brings a new one. --take-back ends it at once: the product becomes what the files say. Works also
while an import runs.

Rows of another table (--table) are named by their key, all parts of it, and changed with --set.

"longhaul show products SKU" tells which edits a product has had, and how they ended.`,
  examples: [
    ['longhaul update lay-raise-best-end --name "Bryce Jones"', 'change one column'],
    ["longhaul update lay-raise-best-end --description ''", 'empty the description'],
    ['longhaul update lay-raise-best-end --take-back', 'back to what the files say'],
    ['longhaul update --table orders A-17 --set paid=yes --set amount=9.5', 'a row of another table'],
  ],
  options: ['db', 'config', 'table'],
  extra: [
    ['--name <text>', 'the new name'],
    ['--description <text>', 'the new description'],
    [
      '--set <column=value>',
      'a new value of any column; again for another column; nothing after = is NULL, or the empty text',
      'repeatable',
    ],
    ['--take-back', 'take the edit back'],
    ['--if-hash <hash>', 'only if the row still has this hash, which "show products SKU --json" tells'],
  ],
  async run(key, given, { terminal }) {
    const plan = given.plan();
    const change = changeOf(given, plan.name);
    const url = given.value('db');
    const shownUrl = redactedUrl(url);
    const { row, dataset } = await editDatabase(url, plan, { key, change, ifHash: hashOf(given) });
    if (given.has('json')) {
      const edit = change === null ? 'taken_back' : 'standing';
      const values = valuesByColumn(dataset, row.values);
      const edited = { ...values, _run: row.run, _line: row.line, hash: checksumText(row.hash) };
      const name = dataset.name === products.name ? 'product' : 'row';
      printLine(terminal.stdout, JSON.stringify({ database: shownUrl, edit, [name]: edited }));
    } else {
      const what = change === null ? 'edit taken back' : 'edited';
      const named = key.map((part) => visible(part, 80)).join(', ');
      printLine(terminal.stdout, `${named} ${what}: ${said(dataset, row.values)}`);
    }
    return exitStatus.done;
  },
};

/** What a row holds besides its key. */
function said(dataset: Dataset, values: readonly unknown[]): string {
  const texts = shownTexts(dataset, values, 60);
  return dataset.columns
    .map(({ name, type }, column) => ({ name, text: type === 'text' ? `"${texts[column]}"` : texts[column] }))
    .filter(({ name }) => !dataset.key.includes(name))
    .map(({ name, text }) => `${visible(name, 40)} ${text}`)
    .join(', ');
}

function changeOf(given: Given, table: string): Map<string, string> | null {
  const change = new Map<string, string>();
  for (const name of ofProducts) {
    const value = given.text(name);
    if (value === undefined) continue;
    if (table !== products.name) throw refused(`--${name} is for products; give --set ${name}=VALUE`);
    change.set(name, value);
  }
  for (const set of given.texts('set')) {
    const at = set.indexOf('=');
    if (at < 1) throw refused(`--set "${visible(set, 80)}" must be a column, =, and its new value`);
    const name = set.slice(0, at);
    if (change.has(name)) throw refused(`"${visible(name, 80)}" is set twice`);
    change.set(name, set.slice(at + 1));
  }
  const takeBack = given.has('takeBack');
  if (takeBack === change.size > 0) {
    const ways = [...(table === products.name ? ofProducts : []), 'set']
      .map((name) => `--${name}`)
      .join(' or ');
    throw refused(
      takeBack ? `--take-back goes without ${ways}` : `nothing to change: give ${ways}, or --take-back`,
    );
  }
  return takeBack ? null : change;
}

function refused(message: string): LonghaulError {
  return LonghaulError.of('bad_usage', { message, command: 'update ' });
}

function hashOf(given: Given): bigint | null {
  const value = given.text('ifHash');
  if (value === undefined) return null;
  if (/^[\da-f]{16}$/.test(value)) return BigInt.asIntN(64, BigInt(`0x${value}`));
  throw LonghaulError.of('bad_option', {
    option: '--if-hash',
    value,
    expected: 'it must be the 16 digits that "longhaul show products SKU --json" tells',
  });
}
