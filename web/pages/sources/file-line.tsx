import { Link } from 'react-router';
import type { FileAnswer } from '../../../src/api/wire/sources.ts';
import { progressKey, usePaces } from '../../live/progress.ts';
import { Ago } from '../../parts/ago.tsx';
import { bytesText } from '../../parts/format.ts';
import { Bar, ProgressLine } from '../../parts/progress-line.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { paths } from '../../paths.ts';
import classes from './sources.module.css';

/** One file: its state, why it waits, how far it is. */
export function FileLine({ source, file }: { readonly source: string; readonly file: FileAnswer }) {
  const { name, state, trouble, nextTryMs, bytes, published, read } = file;
  const pace = usePaces().get(progressKey(source, name));
  return (
    <div className={classes.file}>
      <p className={classes.fileHead}>
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <StateBadge state={state} />
        <span className="soft">
          {bytes !== null && bytesText(bytes)}
          {published !== null && (
            <>
              {bytes !== null && ', '}
              published by <Link to={paths.run(published.run)}>run {published.run}</Link>
            </>
          )}
        </span>
      </p>
      {trouble !== null && (
        <p className={classes.trouble}>
          <bdi>{trouble.reason}</bdi>
          {nextTryMs !== null && (
            <>
              {' '}
              Tried again <Ago ms={nextTryMs} />.
            </>
          )}
        </p>
      )}
      {state === 'reading' && read !== null && (
        <Bar
          label={`Reading ${name}`}
          done={read.storedBytes}
          all={read.expectedBytes}
          text={`reading, ${bytesText(read.storedBytes)}${read.expectedBytes === null ? '' : ` of ${bytesText(read.expectedBytes)}`}`}
        />
      )}
      {state === 'importing' && <ProgressLine name={name} known={file.import} pace={pace} />}
    </div>
  );
}
