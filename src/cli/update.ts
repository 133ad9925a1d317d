import { editDatabase } from '../processes/edit.ts';
import { redactedUrl } from '../runtime/redacted-url.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { products } from '../schema/dataset.ts';
import { checksumText } from '../schema/row-hash.ts';
import { type CommandSpec, exitStatus, type Given } from './command.ts';
import { printLine, visible } from './terminal.ts';

/** Columns that an edit may change, each an option of its name. */
const editable = products.columns.map(({ name }) => name).filter((name) => !products.key.includes(name));

export const updateCommand: CommandSpec = {
  name: 'update',
  args: '<sku>',
  summary: 'edit a product, or take the edit back',
  description: `Changes the name, the description or both of one product, and the number of products per name with it, in one
step. The sku itself cannot be changed. The edit stays when files bring the record that it covers once more (the import counts that as "kept"), and
ends when a file brings a new one. --take-back ends it at once: the product becomes what the files say. Works also
while an import runs.

"longhaul show products SKU" tells which edits a product has had, and how they ended.`,
  examples: [
    ['longhaul update lay-raise-best-end --name "Bryce Jones"', 'change one column'],
    ["longhaul update lay-raise-best-end --description ''", 'empty the description'],
    ['longhaul update lay-raise-best-end --take-back', 'back to what the files say'],
  ],
  options: ['db'],
  extra: [
    ['--name <text>', 'the new name'],
    ['--description <text>', 'the new description'],
    ['--take-back', 'take the edit back'],
    ['--if-hash <hash>', 'only if the product still has this hash, which "show products SKU --json" tells'],
  ],
  async run([sku = ''], given, { terminal }) {
    const change = changeOf(given);
    const url = given.value('db');
    const shownUrl = redactedUrl(url);
    const row = await editDatabase(url, products, { key: [sku], change, ifHash: hashOf(given) });
    const values = Object.fromEntries(
      products.columns.map(({ name }, column) => [name, row.values[column]] as const),
    );
    if (given.has('json')) {
      const edit = change === null ? 'taken_back' : 'standing';
      const product = { ...values, _run: row.run, _line: row.line, hash: checksumText(row.hash) };
      printLine(terminal.stdout, JSON.stringify({ database: shownUrl, edit, product }));
    } else {
      const said = editable.map((name) => `${name} "${visible(String(values[name]), 60)}"`).join(', ');
      const what = change === null ? 'edit taken back' : 'edited';
      printLine(terminal.stdout, `${visible(sku, 80)} ${what}: ${said}`);
    }
    return exitStatus.done;
  },
};

function changeOf(given: Given): Map<string, string> | null {
  const change = new Map<string, string>();
  for (const name of editable) {
    const value = given.text(name);
    if (value !== undefined) change.set(name, value);
  }
  const takeBack = given.has('takeBack');
  if (takeBack === change.size > 0) {
    const options = editable.map((name) => `--${name}`).join(' or ');
    const message = takeBack
      ? `--take-back goes without ${options}`
      : `nothing to change: give ${options}, or --take-back`;
    throw LonghaulError.of('bad_usage', { message, command: 'update ' });
  }
  return takeBack ? null : change;
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
