import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readValue } from '../reference/values.ts';
import { canonicalize, canonicalText, mostCanonicalBytes, type TypedColumn } from './canonical-text.ts';

/** Null: no value of the type. */
const cases: readonly (readonly [type: TypedColumn, text: string, canonical: string | null])[] = [
  ['integer', '0', '0'],
  ['integer', '-0', '0'],
  ['integer', '+17', '17'],
  ['integer', '9223372036854775807', '9223372036854775807'],
  ['integer', '9223372036854775808', null],
  ['integer', '-9223372036854775808', '-9223372036854775808'],
  ['integer', '-9223372036854775809', null],
  ['integer', '0017', null],
  ['integer', ' 17', null],
  ['integer', '17 ', null],
  ['integer', '1.0', null],
  ['integer', '1e3', null],
  ['integer', '1,000', null],
  ['integer', '0x10', null],
  ['integer', '١', null],
  ['integer', '-', null],
  ['integer', '9'.repeat(500), null],
  ['real', '1.50', '1.5'],
  ['real', '.5', '0.5'],
  ['real', '5.', '5'],
  ['real', '-0.0', '0'],
  ['real', '1e3', '1000'],
  ['real', '1E+21', '1e+21'],
  ['real', '0.1', '0.1'],
  ['real', '0.10000000000000000000', '0.1'],
  ['real', '0.1000000000000000055511151231257827', null],
  ['real', '9007199254740993', null],
  ['real', '9007199254740992', '9007199254740992'],
  ['real', '5e-324', '5e-324'],
  ['real', '4e-324', null],
  ['real', '1e-400', null],
  ['real', '0e-400', '0'],
  ['real', '0e99999999999999999999', '0'],
  ['real', '1e400', null],
  ['real', '00.5', null],
  ['real', 'NaN', null],
  ['real', 'inf', null],
  ['real', '.', null],
  ['real', 'e5', null],
  ['real', '1,5', null],
  ['boolean', 'TRUE', '1'],
  ['boolean', 'y', '1'],
  ['boolean', 'oN', '1'],
  ['boolean', 'f', '0'],
  ['boolean', '0', '0'],
  ['boolean', '2', null],
  ['boolean', 'ja', null],
  // The Kelvin sign is a small k to `toLowerCase`, and nothing here has one; the long s is none at all.
  ['boolean', 'fal\u017fe', null],
  ['date', '2024-02-29', '2024-02-29'],
  ['date', '2023-02-29', null],
  ['date', '1900-02-29', null],
  ['date', '2000-02-29', '2000-02-29'],
  ['date', '0000-01-01', null],
  ['date', '0001-01-01', '0001-01-01'],
  ['date', '9999-12-31', '9999-12-31'],
  ['date', '2026-1-1', null],
  ['date', '01/02/2026', null],
  ['date', '2026-13-01', null],
  ['date', '2026-00-10', null],
  ['date', '2026-01-00', null],
  ['timestamp', '2026-01-31T10:00:00+02:00', '2026-01-31 08:00:00'],
  ['timestamp', '2026-01-01 00:30+0530', '2025-12-31 19:00:00'],
  ['timestamp', '2026-01-01 00:30:00 -05', '2026-01-01 05:30:00'],
  ['timestamp', '2026-01-01t00:00z', '2026-01-01 00:00:00'],
  ['timestamp', '2026-01-01 00:00:00.500000000', '2026-01-01 00:00:00.5'],
  ['timestamp', '2026-01-01 00:00:00.0000001', null],
  ['timestamp', '2026-01-01 23:59:60', null],
  ['timestamp', '2026-01-01 24:00:00', null],
  ['timestamp', '2026-01-01', null],
  ['timestamp', '2023-02-29 10:00', null],
  ['timestamp', '0001-01-01 00:00:00+01', null],
  ['timestamp', '9999-12-31 23:59:59-01', null],
  ['timestamp', '0099-01-01 00:00', '0099-01-01 00:00:00'],
  ['timestamp', '2026-01-01 10:00+16', null],
];

test.each(cases)('%s %s', (type, text, canonical) => {
  expect(canonicalText(type, text)).toBe(canonical);
  expect(inPlace(type, text)).toBe(canonical);
  expect(readValue(type, text) ?? null).toBe(canonical);
});

/** By bytes, among others, as a packer does it. */
function inPlace(type: TypedColumn, text: string): string | null {
  const value = Buffer.from(text);
  const bytes = new Uint8Array(3 + value.length + mostCanonicalBytes).fill(0x37);
  bytes.set(value, 3);
  const end = canonicalize(type, bytes, 3, 3 + value.length);
  return end === -1 ? null : Buffer.from(bytes.subarray(3, end)).toString();
}

const digit = fc.constantFrom('0', '1', '4', '9');
const digits = fc.array(digit, { maxLength: 22, size: 'max' }).map((some) => some.join(''));
const two = fc.nat(61).map((number) => String(number).padStart(2, '0'));
const day = fc
  .tuple(fc.constantFrom('0001', '0000', '1900', '2000', '2023', '2024', '9999'), fc.nat(13), fc.nat(32))
  .map(([y, m, d]) => `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`);
const text = fc.oneof(
  fc.tuple(fc.constantFrom('', '-', '+', ' '), digits).map((parts) => parts.join('')),
  fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      digits,
      fc.constantFrom('', '.'),
      digits,
      fc.constantFrom('', 'e', 'E-', 'e+'),
      fc.nat(400),
    )
    .map(
      ([sign, whole, point, part, e, power]) => `${sign}${whole}${point}${part}${e}${e === '' ? '' : power}`,
    ),
  fc.double().map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  day,
  fc
    .tuple(
      day,
      fc.constantFrom('T', ' ', 't', ''),
      two,
      two,
      fc.option(two),
      fc.option(digits),
      fc.constantFrom('', 'Z', '+01', '-0530', ' +14:00', '+99'),
    )
    .map(
      ([date, t, h, m, s, part, zone]) =>
        `${date}${t}${h}:${m}${s === null ? '' : `:${s}`}${part === null ? '' : `.${part}`}${zone}`,
    ),
  fc.constantFrom('true', 'F', 'No', 'oFF', '1', '0'),
  fc.string({ unit: 'binary', minLength: 1 }),
);

test.each<TypedColumn>(['integer', 'real', 'boolean', 'date', 'timestamp'])(
  'any text as %s is what the reference says, in its place as well, and canonical is the end',
  (type) => {
    fc.assert(
      fc.property(
        text.filter((some) => some !== '' && some.isWellFormed()),
        (some) => {
          const canonical = canonicalText(type, some);
          expect(canonical).toBe(readValue(type, some) ?? null);
          expect(inPlace(type, some)).toBe(canonical);
          if (canonical === null) return;
          expect(canonical.length).toBeLessThanOrEqual(mostCanonicalBytes);
          expect(canonicalText(type, canonical)).toBe(canonical);
        },
      ),
      { numRuns: 5000 },
    );
  },
);
