/**
 * Compiles src/kernel/assembly/ (AssemblyScript) to src/kernel/module.ts, which is kept in the repository. With --check it writes
 * nothing and fails where that file is not what the sources say.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = join(root, 'src/kernel/module.ts');
const options = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
  ...['--importMemory', '--noExportMemory', '--use', 'abort='],
];

const binary = compiled();
const lines = binary.toString('base64').match(/.{1,100}/g) ?? [];
const text = `/** Written by scripts/kernel.ts out of src/kernel/assembly/: ${binary.length} bytes of WebAssembly. */
export const kernelModule =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;

if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
  if (process.argv.includes('--check')) {
    process.stderr.write(
      'src/kernel/module.ts is not what src/kernel/assembly/ says: run node scripts/kernel.ts\n',
    );
    process.exitCode = 1;
  } else {
    writeFileSync(target, text);
  }
}

/** By the command, not by its library, whose types would change those of our own arrays and strings. */
function compiled(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-kernel-'));
  try {
    const file = join(folder, 'kernel.wasm');
    const compiler = join(root, 'node_modules/.bin/asc');
    const args = ['src/kernel/assembly/index.ts', '--outFile', file, ...options];
    const { status } = spawnSync(compiler, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) throw new Error('src/kernel/assembly/ could not be compiled');
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
