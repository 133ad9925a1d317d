/** A small project in a temporary folder with this project's own configuration, to plant violations in. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const projectRoot = join(import.meta.dirname, '../..');

const configuration = [
  ...[
    'package.json',
    'tsconfig.json',
    'biome.json',
    'knip.json',
    '.oxlintrc.json',
    '.dependency-cruiser.mjs',
  ],
  ...['.gitignore', 'scripts/lint', 'types'],
];

export interface PlantedProject extends Disposable {
  readonly root: string;
}

/** `files`: text by path. */
export function plantProject(files: Readonly<Record<string, string>>): PlantedProject {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-planted-'));
  for (const name of configuration) cpSync(join(projectRoot, name), join(root, name), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
