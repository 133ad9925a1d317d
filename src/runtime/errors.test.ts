import { expect, test } from 'vitest';
import { asLonghaulError } from './errors.ts';

/** What Node says, in whose words it is told. */
const refusals = {
  too_many_files_open: [
    "EMFILE: too many open files, open 'a.db.staging/1-32.rows'",
    'Worker initialization failure: EMFILE',
    'Cannot read package config package.json: too many open files.',
  ],
  out_of_memory: [
    'WebAssembly.Memory.grow(): Unable to grow instance memory',
    'Array buffer allocation failed',
  ],
};

test.for(Object.entries(refusals))('%s: told in words, with what to do', ([code, messages]) => {
  for (const message of messages) {
    const error = asLonghaulError(new Error(message));
    expect(error).toMatchObject({ code, retryable: true });
    expect(error.message).toContain(message);
    expect(error.hint).toContain('ulimit');
  }
});
