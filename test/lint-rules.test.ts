/** Plants what the linter must find. Without its type-aware half it finds few of these and says that all is well. */
import { expect, test } from 'vitest';
import { runTool } from '../scripts/checks/check.ts';
import { plantProject } from './helpers/planted-project.ts';

const work = 'async function work(): Promise<void> {}\n';

/** Rule, file, text. */
const plants: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['typescript(no-floating-promises)', 'src/run/floating.ts', `${work}export function f() {\n  work();\n}\n`],
  [
    'typescript(no-misused-promises)',
    'src/run/misused.ts',
    `${work}export const f = (list: number[]) => list.forEach(work);\n`,
  ],
  [
    'typescript(no-misused-promises)',
    'src/run/misused-condition.ts',
    `${work}export function f(): boolean {\n  if (work()) return true;\n  return false;\n}\n`,
  ],
  [
    'typescript(await-thenable)',
    'src/run/await-number.ts',
    'export const f = async (count: number) => (await count) + 1;\n',
  ],
  [
    'typescript(return-await)',
    'src/run/return-await.ts',
    `${work}export async function f() {\n  try {\n    return work();\n  } catch {\n    return undefined;\n  }\n}\n`,
  ],
  [
    'typescript(no-unnecessary-condition)',
    'src/run/condition.ts',
    'export const f = (list: string[]) => list?.length;\n',
  ],
  [
    'typescript(switch-exhaustiveness-check)',
    'src/run/switch.ts',
    "export function f(state: 'done' | 'failed'): void {\n  switch (state) {\n    case 'done':\n      return;\n  }\n}\n",
  ],
  ['typescript(only-throw-error)', 'src/run/throw.ts', "export function f(): never {\n  throw 'no';\n}\n"],
  [
    'typescript(no-unsafe-assignment)',
    'src/run/any.ts',
    "export function f(): string {\n  const x: { y: string } = JSON.parse('');\n  return x.y;\n}\n",
  ],
  [
    'typescript(no-non-null-assertion)',
    'src/run/assertion.ts',
    'export const f = (list: string[]) => list[0]!.length;\n',
  ],
  ['eslint(no-console)', 'src/run/console.ts', "export const f = () => console.log('x');\n"],
  ['longhaul(clock)', 'src/run/now.ts', 'export const f = () => Date.now();\n'],
  ['longhaul(clock)', 'src/run/date.ts', 'export const f = () => new Date();\n'],
  ['longhaul(clock)', 'src/run/date-text.ts', 'export const f = () => Date();\n'],
  ['longhaul(clock)', 'src/run/performance.ts', 'export const f = () => performance.now();\n'],
  ['longhaul(clock)', 'src/run/hrtime.ts', 'export const f = () => process.hrtime.bigint();\n'],
  [
    'longhaul(clock)',
    'src/run/hooks.ts',
    "import { performance } from 'node:perf_hooks';\nexport { performance };\n",
  ],
  ['longhaul(environment)', 'src/run/env.ts', "export const f = () => process.env['HOME'];\n"],
  [
    'longhaul(environment)',
    'src/cli/env.ts',
    "import { env } from 'node:process';\nexport const f = () => env;\n",
  ],
  ['longhaul(no-reexport)', 'src/run/barrel.ts', "export { f } from './env.ts';\n"],
  ['longhaul(no-reexport)', 'src/run/all.ts', "export * from './env.ts';\n"],
  ['import(no-default-export)', 'src/run/default.ts', 'export default 1;\n'],
  [
    'vitest(no-focused-tests)',
    'src/run/focused.test.ts',
    "import { test } from 'vitest';\ntest.only('x', () => {});\n",
  ],
];

/** The same where it is allowed. */
const sound: Readonly<Record<string, string>> = {
  'src/runtime/clock.ts': 'export const f = () => Date.now();\n',
  'src/config/environment.ts': "export const f = () => process.env['HOME'];\n",
  'src/cli/print.ts': "export const f = () => console.log('x');\n",
  'src/csv/loop.ts': 'export const f = (bytes: Uint8Array) => bytes[0]! + 1;\n',
  'src/schema/date.ts': 'export const f = (ms: number) => new Date(ms);\n',
  'src/index.ts': "export { f } from './runtime/clock.ts';\n",
  'bench/time.ts': 'export const f = () => performance.now();\n',
  'src/run/time.test.ts': 'export const f = () => Date.now();\n',
};

interface LintResult {
  diagnostics: { code: string; filename: string }[];
}

function lint(): LintResult['diagnostics'] {
  using project = plantProject({
    ...Object.fromEntries(plants.map(([, file, text]) => [file, text])),
    ...sound,
  });
  const { status, stdout } = runTool(project.root, 'oxlint', ['--format=json']);
  expect(status).toBe(1);
  return (JSON.parse(stdout) as LintResult).diagnostics;
}

const diagnostics = lint();
const codesOf = (file: string) =>
  diagnostics.filter((diagnostic) => diagnostic.filename === file).map((diagnostic) => diagnostic.code);

test.each(plants)('%s in %s', (rule, file) => {
  expect(codesOf(file)).toContain(rule);
});

test.each(Object.keys(sound))('nothing in %s', (file) => {
  expect(codesOf(file)).toEqual([]);
});
