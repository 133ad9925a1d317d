/** How PostgreSQL holds typed values, and how their canonical texts become what COPY takes. */
import type { ColumnType } from '../../schema/dataset.ts';

/** Text sorts and compares by its bytes, whatever the database's own order. */
export const sqlTypes: Readonly<Record<ColumnType, string>> = {
  text: 'text COLLATE "C"',
  integer: 'bigint',
  real: 'double precision',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp with time zone',
};

/**
 * The canonical text of a value as a session reads it, whose time zone is UTC. What no column of ours holds, because another
 * program wrote it (an infinite date), comes as the server's text.
 */
export function fromPostgres(type: ColumnType, value: unknown): unknown {
  switch (type) {
    case 'integer':
    case 'real':
      return typeof value === 'bigint' || typeof value === 'number' ? String(value) : value;
    case 'boolean':
      return typeof value === 'boolean' ? String(Number(value)) : value;
    case 'timestamp':
      return typeof value === 'string' ? value.replace(/\+00$/, '') : value;
    default:
      return value;
  }
}

/** Bytes of a value that is not text, in the binary format: at most. */
export const mostTypedBytes = 8;

type Put = (view: DataView, at: number, text: string) => number;

/** Writes a value that is not text in the server's binary format, from its canonical text. Each gives the bytes it has written. */
export const putTyped: Readonly<Record<Exclude<ColumnType, 'text'>, Put>> = {
  integer(view, at, text) {
    view.setBigInt64(at, BigInt(text));
    return 8;
  },
  real(view, at, text) {
    view.setFloat64(at, Number(text));
    return 8;
  },
  boolean(view, at, text) {
    view.setUint8(at, text === '1' ? 1 : 0);
    return 1;
  },
  date(view, at, text) {
    view.setInt32(at, daysSince2000(text));
    return 4;
  },
  timestamp(view, at, text) {
    const clock =
      Number(text.slice(11, 13)) * 3600 + Number(text.slice(14, 16)) * 60 + Number(text.slice(17, 19));
    const micros = Number(text.slice(20).padEnd(6, '0'));
    view.setBigInt64(at, BigInt(daysSince2000(text) * secondsOfDay + clock) * 1_000_000n + BigInt(micros));
    return 8;
  },
};

const secondsOfDay = 86_400;
const millisOfDay = secondsOfDay * 1000;
/** Where PostgreSQL counts from. */
const millisOf2000 = Date.UTC(2000, 0, 1);

function daysSince2000(text: string): number {
  const day = new Date(0);
  // `Date.UTC` takes the years 0 to 99 for those of the last century.
  day.setUTCFullYear(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10)));
  return (day.getTime() - millisOf2000) / millisOfDay;
}
