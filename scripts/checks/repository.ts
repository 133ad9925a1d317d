/** Rules about the files themselves, whatever their language. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, runTool } from './check.ts';

const maxLines = 400;
const sourceFile = /^(src|web|test|bench|scripts|bin)\/.*\.(ts|tsx|js|mjs|css)$/;

/** Folders of one machine. A name before the first slash makes it another path (`src/root/`). */
const machinePath = /(?<![\w.$})\]-])\/(?:work|root|home\/\w+|Users\/\w+)\/(?:[\w.-]*\w)?/g;
const registryHost = /\bregistry\.(?:npmjs|yarnpkg|npmmirror)\.\w+|\bnpm\.pkg\.github\.com/g;

interface TextFile {
  readonly name: string;
  readonly text: string;
}

/** What git has or would take: tracked files and new ones that are not ignored. Fixtures may hold anything. */
function repositoryFiles(root: string): TextFile[] {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { status, stdout, output } = runTool(root, 'git', [...list, '--', '.', ':!test/fixtures']);
  if (status !== 0) throw new Error(`git could not list the files:\n${output}`);
  const files: TextFile[] = [];
  for (const name of new Set(stdout.split('\0'))) {
    if (name === '') continue;
    const text = readIfThere(join(root, name));
    if (text !== undefined && !text.includes('\0')) files.push({ name, text });
  }
  return files;
}

/** A file that git still lists may just have been deleted or moved. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Each hit of `pattern` as `file:line: hit`. */
function find(files: readonly TextFile[], pattern: RegExp): string[] {
  return files.flatMap(({ name, text }) =>
    Array.from(text.matchAll(pattern), (match) => {
      const line = text.slice(0, match.index).split('\n').length;
      return `${name}:${line}: ${match[0]}`;
    }),
  );
}

export const fileLength: Check = {
  name: 'file length',
  problems: (root) =>
    repositoryFiles(root)
      .filter(({ name }) => sourceFile.test(name))
      .map(({ name, text }) => ({ name, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > maxLines)
      .map(({ name, lines }) => `${name} has ${lines} lines. Split it: at most ${maxLines}, better 150.`)
      .join('\n'),
};

export const lockfile: Check = {
  name: 'lockfile',
  problems(root) {
    const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
    const found = find(
      [{ name: 'package-lock.json', text }],
      /"resolved": *"[^"]*"|https?:\/\/[^"\s]*\.tgz/g,
    );
    if (found.length === 0) return '';
    return [
      ...found.slice(0, 5),
      `${found.length} download addresses. .npmrc keeps them out: run npm install in the project's folder.`,
    ].join('\n');
  },
};

export const machineTraces: Check = {
  name: 'no traces of a machine',
  problems(root) {
    const files = repositoryFiles(root);
    return [...find(files, machinePath), ...find(files, registryHost)].join('\n');
  },
};
