import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs of this user keep what they can make again: a folder of ours in it. */
export function userCacheFolder(): string {
  const { env, platform } = process;
  return join(cacheHome(platform, env), 'longhaul');
}

function cacheHome(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (env['XDG_CACHE_HOME']?.startsWith('/') === true) return env['XDG_CACHE_HOME'];
  if (platform === 'win32') return env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  return platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
}
