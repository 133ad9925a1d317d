import { words } from './format.ts';
import classes from './state-badge.module.css';

/** How a state of a run, a source, a file or an upload looks. The word itself is always there: colour is no information alone. */
const tones: Readonly<Record<string, 'good' | 'busy' | 'warn' | 'bad' | 'quiet'>> = {
  ...{ done: 'good', ok: 'good', published: 'good', already_published: 'good', standing: 'good' },
  ...{ planned: 'busy', staging: 'busy', publishing: 'busy', starting: 'busy', importing: 'busy' },
  ...{ reading: 'busy', preparing: 'busy', queued: 'quiet', waiting: 'quiet' },
  ...{ slow: 'warn', retrying: 'warn', outdated: 'quiet', cancelled: 'quiet', paused: 'quiet' },
  ...{ failed: 'bad', unreachable: 'bad', garbage: 'bad', refused: 'bad' },
};

export function StateBadge({ state }: { readonly state: string }) {
  return (
    <span className={classes.badge} data-tone={tones[state] ?? 'quiet'}>
      {words(state)}
    </span>
  );
}
