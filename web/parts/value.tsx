/** Values of rows: text of anybody's making, so always as text, isolated from the direction of what stands around it, and never longer than its place. */
import type { Row } from '../../src/api/wire/rows.ts';
import classes from './value.module.css';

export type Value = Row['values'][string];

/** In a list nobody sees more of it, in UTF-16 units. Laying out 10,000 characters takes a browser milliseconds, in each of 40 rows. */
const mostShown = 300;

export function ShortValue({ value }: { readonly value: Value | undefined }) {
  const text = textOf(value);
  if (text === null) return <span className={classes.none}>none</span>;
  if (text === '') return <span className={classes.none}>empty</span>;
  return <bdi>{text.length > mostShown ? `${text.slice(0, mostShown)}…` : text}</bdi>;
}

/** All of it, in a place that scrolls when it is much. */
export function WholeValue({ value, label }: { readonly value: Value | undefined; readonly label: string }) {
  const text = textOf(value);
  if (text === null || text === '') return <ShortValue value={value} />;
  if (text.length <= mostShown) return <bdi className={classes.whole}>{text}</bdi>;
  return (
    <div className={classes.scrolled} role="region" aria-label={label} tabIndex={0}>
      <bdi className={classes.whole}>{text}</bdi>
    </div>
  );
}

/** As it would be written into a form; `null`: NULL. */
export function textOf(value: Value | undefined): string | null {
  if (value === null || value === undefined) return null;
  return String(value);
}
