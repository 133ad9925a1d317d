/**
 * Compiles src/kernel/assembly/ (AssemblyScript) to src/kernel/module.ts, which is kept in the repository. With --check it writes
 * nothing and fails where that file is not what the sources say.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileKernel } from './compile-kernel.ts';

const target = join(import.meta.dirname, '../src/kernel/module.ts');
const { binary } = compileKernel();
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
