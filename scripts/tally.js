/**
 * The last line of .ci/run: counts the tests and the checks out of their reports. What left no report, or ended
 * badly although every part of it passed, counts as one failure, so that silence is never success.
 *
 * Usage: node scripts/tally.js <exit status of npm test> <exit status of npm run check>
 */
import { readFileSync } from 'node:fs';

const [testStatus, checkStatus] = process.argv.slice(2);

function readReport(name) {
  try {
    return JSON.parse(readFileSync(new URL(`../.reports/${name}.json`, import.meta.url), 'utf8'));
  } catch {
    return undefined;
  }
}

function tallyTests(report) {
  if (report === undefined) return { passed: 0, failed: 1 };
  // A file that could not even be loaded has no test that failed.
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length };
}

function tallyChecks(report) {
  if (report === undefined) return { passed: 0, failed: 1 };
  const passed = report.filter((check) => check.passed).length;
  return { passed, failed: report.length - passed };
}

function withStatus({ passed, failed }, status) {
  return { passed, failed: status === '0' ? failed : Math.max(failed, 1) };
}

const tests = withStatus(tallyTests(readReport('tests')), testStatus);
const checks = withStatus(tallyChecks(readReport('checks')), checkStatus);
const failed = tests.failed + checks.failed;
console.log(`${tests.passed + checks.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
