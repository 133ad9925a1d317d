import { useNow } from './clock.ts';
import { exactTime, relativeTime } from './format.ts';

/** A time relative to now; the exact one on hover. */
export function Ago({ ms }: { readonly ms: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactTime(ms)} className="number">
      {relativeTime(ms, now)}
    </time>
  );
}
