/**
 * Which file may import which: ARCHITECTURE.md as rules. Imports point down only. Each rule's comment is for the
 * person who broke it: why, and what to do instead. test/import-rules.test.ts plants a violation of each.
 */

import './scripts/lint/swc-using.js';

/** Tests beside their file, what a folder's tests share, and the suite that every store has to pass. */
const tests = '[.]test[.]ts$|/(testing|cases)[.]ts$|conformance';

/**
 * What each folder of src/ may import beside itself. `seam(x)` is what lies directly in src/x: interfaces and
 * what all implementations share; an implementation has a subfolder of its own. `types(x)`: `import type` only.
 */
const seam = (folder) => `${folder}/[^/]+$`;
const types = (folder) => ({ typesOf: folder });
const layers = [
  {
    folder: 'kernel',
    name: 'kernel-imports-nothing-of-ours',
    comment:
      'src/kernel is loops over bytes at addresses. What they mean is known to whoever calls them: describe it as a structure.',
    may: [],
  },
  {
    folder: 'csv',
    name: 'csv-imports-only-kernel',
    comment:
      'src/csv turns bytes into records and knows nothing else, so that every path through it can be compared with the reference. Hand it what it needs as a parameter.',
    may: ['kernel'],
  },
  {
    folder: 'runtime',
    name: 'runtime-imports-nothing-of-ours',
    comment:
      'src/runtime (service contract, clock, log, errors) is used by all and must not know any of them.',
    may: [],
  },
  {
    folder: 'schema',
    name: 'schema-imports-only-csv',
    comment:
      'src/schema says what a row is, the same for every store and every process. It knows only src/csv.',
    may: ['csv'],
  },
  {
    folder: 'config',
    name: 'config-below-everything-that-runs',
    comment:
      'src/config is a table of options. What an option does is decided by whoever is handed its value.',
    may: ['runtime', 'schema', 'csv'],
  },
  {
    folder: 'sample',
    name: 'sample-stands-alone',
    comment: 'The sample generator makes bytes. It must not know what reads them.',
    may: ['runtime', 'schema', 'csv'],
  },
  {
    folder: 'reference',
    name: 'reference-shares-no-logic',
    comment:
      'The reference program says what is exact. If it shares the logic of what it checks, both are wrong together: it may use src/schema, and from src/csv types only.',
    may: ['schema', types('csv')],
  },
  {
    folder: 'source',
    name: 'source-points-down',
    comment: 'src/source delivers bytes. It does not know who stages them nor where rows land.',
    may: ['runtime', 'schema', 'csv'],
  },
  {
    folder: 'store',
    name: 'store-points-down',
    comment:
      'A store keeps rows and the ledger. What both sides need (packed rows, receipts) belongs into src/schema or the interface in src/store.',
    may: ['runtime', 'schema', 'csv', 'kernel'],
  },
  {
    folder: 'queue',
    name: 'queue-points-down',
    comment: 'A queue decides who does which chunk, not what doing it means: take the work as a function.',
    may: ['runtime', 'schema', 'csv'],
  },
  {
    folder: 'stage',
    name: 'stage-sees-interfaces-only',
    comment:
      'A chunk is staged the same way for every store, queue and source: use what lies directly in those folders, never an implementation in a subfolder.',
    may: [seam('store'), seam('queue'), seam('source'), 'schema', 'csv', 'runtime', 'kernel'],
  },
  {
    folder: 'run',
    name: 'run-sees-interfaces-only',
    comment:
      'A run has the same life on every store, queue and source: use what lies directly in those folders, never an implementation in a subfolder.',
    may: ['stage', seam('store'), seam('queue'), seam('source'), 'schema', 'csv', 'runtime'],
  },
  {
    folder: 'edit',
    name: 'edit-sees-interfaces-only',
    comment: 'An edit goes through the interface of the store, so that counts stay exact on every engine.',
    may: [seam('store'), 'schema', 'csv', 'runtime'],
  },
  {
    folder: 'http',
    name: 'http-knows-no-routes',
    comment:
      'src/http is what all servers of ours have in common. What an address answers belongs to the server that has it.',
    may: ['runtime'],
  },
  {
    folder: 'watch',
    name: 'watch-points-down',
    comment: 'src/watch senses sources and opens runs. It meets stores, queues and sources as interfaces.',
    may: ['run', seam('store'), seam('queue'), seam('source'), 'schema', 'csv', 'runtime'],
  },
  {
    folder: 'api',
    name: 'api-points-down',
    comment:
      'Routes call runs, edits and the watch through their functions; engines are handed in by src/processes.',
    may: 'http run edit watch stage schema csv runtime'.split(' ').concat(seam('store'), seam('source')),
  },
  {
    folder: 'source-server',
    name: 'source-server-points-down',
    comment: 'A source server hosts files. It has no database and knows of no run.',
    may: ['http', 'source', 'schema', 'csv', 'runtime'],
  },
  {
    folder: 'processes',
    name: 'processes-below-the-command-line',
    comment:
      'Processes are started by the command line and by the library, so they must not know either; sample and reference are not theirs.',
    may: 'api http source-server watch edit run stage store queue source config schema csv runtime'.split(
      ' ',
    ),
  },
  {
    folder: 'cli',
    name: 'cli-starts-processes',
    comment:
      'A command reads its options, calls a process and prints. It may name types of what it prints, but the work is put together in src/processes.',
    may: [
      'processes',
      'config',
      'sample',
      'runtime',
      'schema',
      types('csv'),
      types('run'),
      types('edit'),
      types('store'),
    ],
  },
];

const inFolders = (folders) =>
  folders.map((folder) => `^src/${folder.endsWith('$') ? folder : `${folder}/`}`);

/** A folder's rules: from it to what is neither itself nor listed, and to more than types where only types may. */
function layerRules({ folder, name, comment, may }) {
  const values = [folder, ...may.filter((item) => typeof item === 'string')];
  const typesOnly = may.filter((item) => typeof item === 'object').map((item) => item.typesOf);
  const rule = { name, comment, severity: 'error', from: { path: `^src/${folder}/`, pathNot: tests } };
  const outside = { ...rule, to: { path: '^src/', pathNot: inFolders([...values, ...typesOnly]) } };
  if (typesOnly.length === 0) return [outside];
  return [outside, { ...rule, to: { path: inFolders(typesOnly), dependencyTypesNot: ['type-only'] } }];
}

const engines = ['sqlite', 'postgres'];
const io =
  'timers|fs|net|tls|http|https|http2|dgram|dns|child_process|cluster|worker_threads|stream|zlib|sqlite|readline';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layers.flatMap(layerRules),
    {
      name: 'pages-know-the-wire-only',
      comment:
        'The pages run in a browser: of src/ they may have the client of the API, the addresses, and `import type` of the wire format. Anything else would bring the server, or zod, to everybody who opens them.',
      severity: 'error',
      from: { path: '^web/', pathNot: tests },
      to: {
        path: '^(src|test|bench|scripts)/',
        pathNot: '^src/api/(client|wire/addresses)[.]ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'pages-know-types-of-the-wire-only',
      comment:
        'What the pages need to know of the server is what the API says: types of src/api/wire, or of what that is made of in src/schema.',
      severity: 'error',
      from: { path: '^web/', pathNot: tests },
      to: { path: '^src/', pathNot: '^src/(api/(client[.]ts$|wire/)|schema/)' },
    },
    {
      name: 'nothing-needs-the-pages',
      comment: 'The pages are files that a master serves. What both need belongs into src/.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^web/' },
    },
    {
      name: 'every-folder-has-a-layer',
      comment:
        'A folder of src/ without a layer could import anything: give it an entry in .dependency-cruiser.mjs.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${layers.map((layer) => layer.folder).join('|')})/` },
      to: {},
    },
    {
      name: 'pure-means-no-io',
      comment: 'src/csv and src/schema take values and return values; they never open, await or log.',
      severity: 'error',
      from: { path: '^src/(csv|schema)/', pathNot: tests },
      to: { dependencyTypes: ['core'], path: `^(node:)?(${io})(/|$)` },
    },
    ...engines.map((engine) => ({
      name: `only-processes-names-${engine}`,
      comment: `Only src/processes picks an engine. Elsewhere use the interface in src/store; what ${engine} alone can do is a capability flag there.`,
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/processes/', `^src/store/${engine}/`, tests] },
      to: { path: `^src/store/${engine}/` },
    })),
    {
      name: 'postgres-when-asked-for',
      comment:
        'Loading the driver takes 50 ms, which whoever uses SQLite should not wait for: `await import(...)` where a postgres:// URL is opened.',
      severity: 'error',
      from: { path: '^src/processes/' },
      to: {
        path: '^src/store/postgres/(?!target[.]ts$)',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'drivers-in-store-and-queue',
      comment:
        'Database drivers are used in src/store and src/queue only, so that a change of driver stays there.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(store|queue)/', tests] },
      to: {
        path: '^(node:)?sqlite$|(^|node_modules/)(pg|pg-[^/]+|postgres|better-sqlite3|@duckdb/[^/]+)(/|$)',
      },
    },
    {
      name: 'reference-is-for-tests',
      comment:
        'The reference program is slow on purpose and exists to be compared with. Only tests import it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/reference/', tests] },
      to: { path: '^src/reference/' },
    },
    {
      name: 'production-never-imports-tests',
      comment: 'What is published must not need tests, benchmarks or scripts. Move what both need into src/.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: ['^(test|bench|scripts)/', tests] },
    },
    {
      name: 'production-needs-no-dev-dependency',
      comment: 'Whoever installs the package does not get dev dependencies: list it under `dependencies`.',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, '^src/reference/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
    },
    {
      name: 'declared-and-found',
      comment:
        'It cannot be found, or package.json does not list it: a typing error, or a package that is here by luck.',
      severity: 'error',
      from: {},
      // web/build/theme-css.ts makes what begins so.
      to: {
        path: '^(?!virtual:)',
        dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'],
      },
    },
    {
      name: 'no-cycle',
      comment: 'Files that import each other in a circle can only be understood, and loaded, all at once.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-barrel',
      comment:
        'Import from the file that makes it: through an index.ts nobody sees who uses what. Only src/index.ts is one.',
      severity: 'error',
      from: {},
      to: { path: '^src/.+/index[.]ts$' },
    },
    {
      name: 'no-junk-drawer',
      comment:
        'A folder named utils, helpers, common, misc, lib, shared or types says nothing: name it after what it does.',
      severity: 'error',
      from: {},
      to: { path: '^src/.*(?<=/)(utils?|helpers?|common|misc|lib|shared|types)(/|[.]ts$)' },
    },
  ],
  options: {
    parser: 'swc', // the default reads TypeScript up to 6 only, and would find no module at all
    tsPreCompilationDeps: true, // imports of types count as well
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
