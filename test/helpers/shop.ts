/** A folder with a small database in it, made by the real command, for tests that must leave it as it is. */
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { type CliOptions, type CliResult, longhaul } from './cli.ts';
import { integrity, publishedState, value } from './dump.ts';
import { TempFolder } from './temp-folder.ts';

export const header = 'name,sku,description\n';
const stock = `${header}Ann,s1,one\nBob,s2,"two\nlines"\nAnn,s3,\n`;

/** Each test copies it: importing once a test would take as long as the test itself. */
let template: { readonly folder: TempFolder; readonly database: string } | null = null;

export async function makeTemplate(): Promise<void> {
  const folder = new TempFolder();
  const database = folder.file('template.db');
  template = { folder, database };
  const { status, stderr } = await longhaul(['import', folder.write('stock.csv', stock), ...on(database)]);
  if (status !== 0) throw new Error(stderr);
}

export function removeTemplate(): void {
  template?.folder[Symbol.dispose]();
  template = null;
}

export class Shop extends TempFolder {
  /** Three products, from one file. */
  readonly database = this.file('shop.db');
  /** Not there yet. */
  readonly newDatabase = this.file('new.db');
  readonly before: string | null;
  #refusals = 0;

  constructor() {
    super();
    if (template === null) throw new Error('call makeTemplate in beforeAll');
    copyFileSync(template.database, this.database);
    this.before = publishedState(this.database);
  }

  /** Runs a command here, on this database. */
  run(args: readonly string[], options: CliOptions & { database?: string } = {}): Promise<CliResult> {
    const { database = this.database, ...rest } = options;
    return longhaul([...args, ...on(database)], { cwd: this.path, ...rest });
  }

  /**
   * The import of a file must be refused in exactly these words, and leave nothing behind that was not there but the
   * account of the run. The first call checks that where there is no database as well.
   */
  async expectRefused(
    args: readonly string[],
    error: { readonly message: string; readonly hint: string; readonly status?: number },
    options: CliOptions = {},
  ): Promise<void> {
    const databases = this.#refusals++ === 0 ? [this.database, this.newDatabase] : [this.database];
    const results = await Promise.all(
      databases.map((database) => this.run(['import', ...args], { ...options, database })),
    );
    const { message, hint, status = 1 } = error;
    const expected = { status, signal: null, stdout: '', stderr: `longhaul: ${message}\nTry: ${hint}\n` };
    expect(results).toEqual(databases.map(() => expected));
    this.expectUntouched();
  }

  expectUntouched(): void {
    expect(publishedState(this.database)).toBe(this.before);
    expect(integrity(this.database)).toBe('ok');
    if (existsSync(this.newDatabase)) {
      expect(integrity(this.newDatabase)).toBe('ok');
      expect(value(this.newDatabase, 'SELECT count(*) FROM products')).toBe(0);
      expect(value(this.newDatabase, 'SELECT count(*) FROM product_counts')).toBe(0);
    }
    expect(this.leftovers()).toEqual([]);
  }

  /** What only a running or a killed import may have beside its database. */
  leftovers(): string[] {
    return readdirSync(this.path).filter((name) => /\.(staging|importing|publishing)\b/.test(name));
  }
}

/** The option that names a database. */
export function on(database: string): string[] {
  return ['--db', `sqlite:${database}`];
}
