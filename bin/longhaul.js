#!/usr/bin/env node
// Starts the command line. Written so that an old Node (from 12.20) can read it: whoever has one should get a
// sentence, not a syntax error. So no `??`, `?.`, `#x` or top-level await here, and nothing modern is loaded
// before the version is known.
import fs from 'node:fs';
import module from 'node:module';
import url from 'node:url';

const neededMajor = 24;

/** Milliseconds of the youngest file below `folder`; 0 when there is no such folder, as in the published package. */
function youngest(folder) {
  if (!fs.existsSync(folder)) return 0;
  let latest = 0;
  const folders = [folder];
  // A third of the time of a recursive `readdir` and URLs: there are some 700 files.
  while (folders.length > 0) {
    const path = folders.pop();
    for (const found of fs.readdirSync(path, { withFileTypes: true })) {
      const below = path + '/' + found.name;
      if (found.isDirectory()) folders.push(below);
      latest = Math.max(latest, fs.statSync(below).mtimeMs);
    }
  }
  return latest;
}

/** Built code starts three times as fast. It is used unless src/ has changed since, so it is never a stale one. */
function entry() {
  const built = new URL('../dist/cli/main.js', import.meta.url);
  const source = new URL('../src/cli/main.ts', import.meta.url);
  if (!fs.existsSync(built)) return source;
  if (process.env.LONGHAUL_SRC === '1') return source;
  return youngest(url.fileURLToPath(new URL('../src', import.meta.url))) > fs.statSync(built).mtimeMs
    ? source
    : built;
}

/** Loads the command line. An import wants the store's thread soonest of all, which takes longer to start. */
function start(main) {
  if (process.argv[2] !== 'import') return import(main.href);
  return import(new URL('../processes/threads' + main.pathname.slice(-3), main).href).then((threads) => {
    threads.startThreadEarly('store-thread');
    return import(main.href);
  });
}

if (Number(process.versions.node.split('.')[0]) < neededMajor) {
  console.error('longhaul: this is Node.js ' + process.versions.node + ', at ' + process.execPath + '.');
  console.error('Longhaul needs Node.js ' + neededMajor + ' or newer, for the SQLite that it brings.');
  console.error('Try: npx longhaul … (in a checkout npm ci has installed a newer Node), or install one.');
  process.exitCode = 1;
} else {
  // The call reaches this thread only; others, and the processes that we start, find the cache by its variable.
  const cache = module.enableCompileCache();
  if (cache.status === module.constants.compileCacheStatus.ENABLED) {
    process.env.NODE_COMPILE_CACHE = cache.directory;
  }
  const main = entry();
  start(main)
    .then((cli) => cli.main(process.argv.slice(2)))
    .then(
      (status) => {
        process.exitCode = status;
      },
      (error) => {
        console.error(error);
        process.exitCode = 1;
      },
    );
}
