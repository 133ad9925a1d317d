/** Of each file of a source the last run, if that was cancelled. @param mark before the numbers of the values: dataset and source */
export function cancelledFilesSql(mark: '?' | '$'): string {
  return `SELECT file AS name, fingerprint FROM _longhaul_runs
    WHERE state = 'cancelled' AND fingerprint IS NOT NULL AND run IN
      (SELECT max(run) FROM _longhaul_runs WHERE dataset = ${mark}1 AND source = ${mark}2 GROUP BY file)`;
}
