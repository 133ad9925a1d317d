import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, runTool } from './check.ts';

export interface ImportViolation {
  readonly rule: string;
  readonly comment: string;
  readonly from: string;
  readonly to: string;
}

export interface ImportReport {
  /** TypeScript files of src/ that were read. dependency-cruiser calls it a success when it could read none. */
  readonly files: number;
  /** Names of all rules that were applied. */
  readonly rules: readonly string[];
  readonly violations: readonly ImportViolation[];
}

interface CruiseResult {
  modules: { source: string; dependencies: unknown[] }[];
  summary: { violations: { rule: { name: string }; from: string; to: string }[]; ruleSetUsed: RuleSet };
}

interface RuleSet {
  forbidden: { name: string; comment: string }[];
}

const folders = ['src', 'web', 'test', 'bench', 'scripts'];

/** Reads all imports below `root` and holds them against the rules in `config`. */
export function readImports(root: string, config: string): ImportReport {
  const present = folders.filter((folder) => existsSync(join(root, folder)));
  const args = ['--config', config, '--output-type', 'json', ...present];
  const { stdout, output } = runTool(root, 'depcruise', args);
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser could not read the imports:\n${output}`);
  const { modules, summary } = JSON.parse(stdout) as CruiseResult;
  const comments = new Map(summary.ruleSetUsed.forbidden.map((rule) => [rule.name, rule.comment]));
  return {
    files: modules.filter((module) => /^src\/.*\.ts$/.test(module.source)).length,
    rules: [...comments.keys()],
    violations: summary.violations.map(({ rule, from, to }) => ({
      rule: rule.name,
      comment: comments.get(rule.name) ?? '',
      from,
      to,
    })),
  };
}

export const importRules: Check = {
  name: 'import rules',
  problems(root) {
    const { files, violations } = readImports(root, '.dependency-cruiser.mjs');
    if (files === 0) return 'dependency-cruiser read no file of src/: its parser does not understand ours.';
    return violations
      .map(({ rule, comment, from, to }) => `${from} imports ${to}\n  ${rule}: ${comment}`)
      .join('\n');
  },
};
