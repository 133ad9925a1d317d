import { expect, test } from 'vitest';
import { asLonghaulError } from './errors.ts';

test.for([
  "EMFILE: too many open files, open 'a.db.staging/1-32.rows'",
  'Worker initialization failure: EMFILE',
  'Cannot read package config package.json: too many open files.',
])('whoever may have no more files open is told what to do: %s', (message) => {
  const error = asLonghaulError(new Error(message));
  expect(error).toMatchObject({ code: 'too_many_files_open', retryable: true });
  expect(error.message).toContain(message);
  expect(error.hint).toContain('ulimit -n');
});
