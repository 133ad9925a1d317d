import { defineConfig } from 'vitest/config';

/** The suffix says what a test needs: processes that are started or killed, a PostgreSQL server, or a browser. */
const slowTests = '{src,test,bench}/**/*.{fault,e2e}.test.ts';
const postgresTests = '{src,test,bench}/**/*.pg.test.ts';
const browserTests = 'test/**/*.browser.test.ts';

const common = {
  pool: 'forks', // tests start threads and processes and send signals: each file gets a process to itself
  env: { LONGHAUL_SRC: '1' }, // what they start is src/, never a built dist/ of yesterday
} as const;

export default defineConfig({
  test: {
    maxWorkers: 2, // the processes under test want cores as well
    reporters: [process.env['CI'] === undefined ? 'default' : 'minimal', 'json'], // a log of CI lists failures only
    outputFile: { json: '.reports/tests.json' }, // .ci/run counts from it
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['{src,test,bench,web}/**/*.test.ts'],
          exclude: [slowTests, postgresTests, browserTests],
          testTimeout: 60_000,
        },
      },
      {
        test: { ...common, name: 'slow', include: [slowTests], testTimeout: 120_000, hookTimeout: 60_000 },
      },
      {
        test: {
          ...common,
          name: 'postgres',
          include: [postgresTests],
          globalSetup: 'test/postgres.setup.ts',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...common,
          name: 'browser',
          include: [browserTests],
          globalSetup: ['test/pages.setup.ts', 'test/postgres.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
