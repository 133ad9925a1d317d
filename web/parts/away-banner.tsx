import { Button } from '@mantine/core';
import { reconnect } from '../live/connection.ts';
import { useConnection } from '../live/use-connection.ts';
import classes from './away-banner.module.css';
import { useNow } from './clock.ts';
import { exactTime, relativeTime } from './format.ts';

/** Says so when what is shown may not be so any more. */
export function AwayBanner() {
  const { state, heardMs } = useConnection();
  return (
    <div role="status" className={classes.place}>
      {state === 'away' && (
        <p className={classes.banner} data-kind="away">
          <span>
            <strong>The master is away, reconnecting …</strong> <Age heardMs={heardMs} />
          </span>
          <Button size="compact-xs" variant="default" onClick={reconnect}>
            Try now
          </Button>
        </p>
      )}
      {state === 'refreshing' && (
        <p className={classes.banner} data-kind="refreshing">
          <span>The master is back. What you see is being asked for anew …</span>
        </p>
      )}
      {state === 'deaf' && (
        <p className={classes.banner} data-kind="away">
          <span>
            <strong>This page does not change by itself: the master tells it of no events.</strong> Most often
            too many pages are open. Close others, or reload this one to see what is new.
          </span>
        </p>
      )}
    </div>
  );
}

function Age({ heardMs }: { readonly heardMs: number | null }) {
  const now = useNow();
  if (heardMs === null) return <>It has not answered yet.</>;
  return (
    <>
      What you see is from <time title={exactTime(heardMs)}>{relativeTime(heardMs, now)}</time>.
    </>
  );
}
