import { Link } from 'react-router';
import type { SourceAnswer } from '../../../src/api/wire/sources.ts';
import { Ago } from '../../parts/ago.tsx';
import { durationText, numberText, words } from '../../parts/format.ts';
import { StateBadge } from '../../parts/state-badge.tsx';
import { paths } from '../../paths.ts';
import { FileLine } from './file-line.tsx';
import { SourceActions } from './source-actions.tsx';
import classes from './sources.module.css';

export function SourceCard({ source }: { readonly source: SourceAnswer }) {
  const { name, state, trouble, files } = source;
  return (
    <article className={classes.card} aria-label={`Source ${name}`}>
      <header className={classes.cardHead}>
        <h2>
          <Link to={paths.source(name)}>
            <bdi>{name}</bdi>
          </Link>
        </h2>
        <StateBadge state={state} />
        <div className={classes.cardActions}>
          <SourceActions source={source} />
        </div>
      </header>
      <SourceAbout source={source} />
      {trouble !== null && (
        <p className={classes.trouble}>
          <bdi>{trouble.reason}</bdi>
        </p>
      )}
      {files.length > 0 && (
        <ul className={classes.files} aria-label={`Files of ${name} on their way or in trouble`}>
          {files.map((file) => (
            <li key={file.name}>
              <FileLine source={name} file={file} />
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

/** What a source is, when it was asked, and how its files are. */
export function SourceAbout({ source }: { readonly source: SourceAnswer }) {
  const { name, url, kind, dataset, filesBy, sensedMs, senseTookMs, nextSenseMs, failures, paused } = source;
  return (
    <>
      <p className={classes.about}>
        {kind ?? 'of a kind not known yet'}, into <bdi>{dataset}</bdi>:{' '}
        <bdi className={classes.url}>{url}</bdi>
      </p>
      <p className={classes.about}>
        {sensedMs === null ? (
          'not sensed yet'
        ) : (
          <>
            sensed <Ago ms={sensedMs} />
            {senseTookMs !== null && senseTookMs >= 1 && `, took ${durationText(senseTookMs / 1000)}`}
          </>
        )}
        {failures > 0 && `; ${numberText(failures)} failed in a row`}
        {failures > 0 && !paused && nextSenseMs !== null && (
          <>
            , again <Ago ms={nextSenseMs} />
          </>
        )}
        {Object.entries(filesBy).map(([state, number]) => (
          <span key={state}>
            {' · '}
            <Link to={paths.source(name, { state })}>
              {numberText(number)} {words(state)}
            </Link>
          </span>
        ))}
      </p>
    </>
  );
}
