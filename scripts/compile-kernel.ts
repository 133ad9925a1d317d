import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const options = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
  ...['--importMemory', '--noExportMemory', '--use', 'abort='],
];

export interface CompiledKernel {
  readonly binary: Buffer;
  /** Names of its functions, by the index that a profile calls them by. */
  readonly functions: readonly string[];
}

/** Compiles src/kernel/assembly/ by the command, not by its library, whose types would change those of our own arrays and strings. */
export function compileKernel(): CompiledKernel {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-kernel-'));
  try {
    const [file, textFile] = [join(folder, 'kernel.wasm'), join(folder, 'kernel.wat')];
    const compiler = join(root, 'node_modules/.bin/asc');
    const args = ['src/kernel/assembly/index.ts', '--outFile', file, '--textFile', textFile, ...options];
    const { status } = spawnSync(compiler, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) throw new Error('src/kernel/assembly/ could not be compiled');
    const functions = readFileSync(textFile, 'utf8').matchAll(/^ \(func \$(\S+)/gm);
    return {
      binary: readFileSync(file),
      functions: Array.from(functions, ([, name = '']) => name.replace(/^.*\//, '')),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
