/** The SQL of lists that come from the ledger, the same for every engine. */
import type { RejectSearch, RunSearch } from './search.ts';

/** A condition, what follows it, and the values by their numbers from 1. */
export interface LedgerSql {
  readonly rest: string;
  readonly values: readonly (string | number)[];
}

type Compared = readonly [column: string, how: '=' | '<' | '>', value: string | number | null];

/** For `_longhaul_runs`. */
export function runSearchSql(search: RunSearch, limit: number, mark: '?' | '$'): LedgerSql {
  const { dataset, source, state, before } = search;
  const compared: Compared[] = [
    ['dataset', '=', dataset],
    ['source', '=', source],
    ['state', '=', state],
    ['run', '<', before],
  ];
  return ledgerSql(compared, 'run DESC', limit, mark);
}

/** For `_longhaul_rejects`. */
export function rejectSearchSql(
  run: number,
  { code, after }: RejectSearch,
  limit: number,
  mark: '?' | '$',
): LedgerSql {
  const compared: Compared[] = [
    ['run', '=', run],
    ['code', '=', code],
    ['byte_offset', '>', after],
  ];
  return ledgerSql(compared, 'byte_offset', limit, mark);
}

/** For `_longhaul_chunks`. */
export function chunkSearchSql(run: number, after: number | null, limit: number, mark: '?' | '$'): LedgerSql {
  const compared: Compared[] = [
    ['run', '=', run],
    ['chunk', '>', after],
  ];
  return ledgerSql(compared, 'chunk', limit, mark);
}

function ledgerSql(compared: readonly Compared[], order: string, limit: number, mark: '?' | '$'): LedgerSql {
  const given = compared.filter(([, , value]) => value !== null);
  const conditions = given.map(([column, how], index) => `${column} ${how} ${mark}${index + 1}`);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return {
    rest: `${where} ORDER BY ${order} LIMIT ${mark}${given.length + 1}`,
    values: [...given.map(([, , value]) => value!), limit],
  };
}
