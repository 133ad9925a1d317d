import { readFileSync } from 'node:fs';
import { LonghaulError } from '../runtime/errors.ts';
import type { Config } from './config-file.ts';
import { environmentName, options } from './options.ts';

/**
 * The config that applies: the one that was named (it must be there), else `longhaul.yaml` of this folder if it is there.
 * Throws `config_wrong`, `file_not_found`, `file_not_readable`.
 */
export async function loadConfig(given: string | undefined): Promise<Config | null> {
  const named = given ?? process.env[environmentName('config')];
  const path = named ?? options.config.fallback;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && named === undefined) return null;
    if (code === 'ENOENT') throw LonghaulError.of('file_not_found', { file: path }, { cause: error });
    throw LonghaulError.of('file_not_readable', { file: path, reason: code }, { cause: error });
  }
  // Most folders have none, and should not wait for a reader of YAML.
  const { parseConfig } = await import('./config-file.ts');
  return parseConfig(text, path);
}
