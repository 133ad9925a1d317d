/**
 * `npm run check`: everything about the code that is not a test. Runs all of it even when something fails, and
 * leaves .reports/checks.json for .ci/run to count.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, toolCheck } from './checks/check.ts';
import { importRules } from './checks/import-rules.ts';
import { pagesSize } from './checks/pages-size.ts';
import { fileLength, lockfile, machineTraces } from './checks/repository.ts';

const root = join(import.meta.dirname, '..');

const checks: Check[] = [
  toolCheck('types', 'tsc', '--noEmit'),
  toolCheck('types of the pages', 'tsc', '--noEmit', '--project', 'web'),
  toolCheck('lint', 'oxlint', '--deny-warnings', '--format=unix'),
  toolCheck('format', 'biome', 'format', '--reporter=summary', '.'),
  importRules,
  toolCheck('unused code', 'knip', '--no-progress', '--no-config-hints'),
  fileLength,
  lockfile,
  machineTraces,
  pagesSize,
  toolCheck('compiled kernel', 'node', 'scripts/kernel.ts', '--check'),
];
if (existsSync(join(root, 'scripts/docs.ts'))) {
  checks.push(toolCheck('generated docs', 'node', 'scripts/docs.ts', '--check'));
}

/** Enough to see what is wrong; the tool itself tells the rest. */
const maxLines = 40;

function shorten(text: string): string {
  const lines = text.split('\n');
  if (lines.length <= maxLines) return text;
  return [...lines.slice(0, maxLines), `… and ${lines.length - maxLines} more lines`].join('\n');
}

/** A check that cannot be made has failed; the others still run. */
function problemsOf(check: Check): string {
  try {
    return check.problems(root);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const results = checks.map((check) => {
  const start = performance.now();
  const problems = problemsOf(check);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const passed = problems === '';
  console.log(`${passed ? '✓' : '✗'} ${check.name.padEnd(24)}${seconds.padStart(6)} s`);
  if (!passed) console.log(shorten(problems).replaceAll(/^(?=.)/gm, '    '));
  return { name: check.name, passed };
});

mkdirSync(join(root, '.reports'), { recursive: true });
writeFileSync(join(root, '.reports/checks.json'), `${JSON.stringify(results, null, 2)}\n`);

const failed = results.filter((result) => !result.passed).map((result) => result.name);
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
