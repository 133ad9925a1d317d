import type { FileAnswer } from '../../../src/api/wire/sources.ts';
import type { Status } from '../../../src/api/wire/status.ts';
import { type Pace, progressKey, usePaces } from '../../live/progress.ts';
import { useNow } from '../../parts/clock.ts';
import { counted } from '../../parts/format.ts';
import { Section } from '../../parts/page.tsx';
import { ProgressLine } from '../../parts/progress-line.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Nothing } from '../../parts/states.tsx';
import { FileLine } from '../sources/file-line.tsx';
import classes from './overview.module.css';

const onTheirWay = new Set<FileAnswer['state']>(['reading', 'importing', 'preparing']);
/** An upload is no file of a source that is listed: as long as events of it come, it is being imported. In milliseconds. */
const quietMs = 3000;

/** What is read and imported at this moment. */
export function LiveImports({ status }: { readonly status: Status }) {
  const now = useNow();
  const names = new Set(status.sources.map(({ name }) => name));
  const files = status.sources.flatMap(({ name, files: all }) =>
    all.filter(({ state }) => onTheirWay.has(state)).map((file) => ({ source: name, file })),
  );
  const others = [...usePaces()].filter(
    ([, { last }]) => !names.has(last.source) && now - last.atMs < quietMs,
  );
  const isQuiet = files.length === 0 && others.length === 0;
  return (
    <Section
      title="Imports"
      actions={<span className="soft">{counted(status.waiting, 'version')} waiting</span>}
    >
      {isQuiet ? (
        <Nothing title="Nothing is imported at the moment." />
      ) : (
        <ul className={classes.lines} aria-label="Imports that are running">
          {files.map(({ source, file }) => (
            <li key={progressKey(source, file.name)}>
              <FileLine source={source} file={file} />
            </li>
          ))}
          {others.map(([key, pace]) => (
            <li key={key}>
              <Other pace={pace} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Other({ pace }: { readonly pace: Pace }) {
  const { file, source } = pace.last;
  return (
    <>
      <p className={classes.line}>
        <strong>
          <bdi>{file}</bdi>
        </strong>
        <StateBadge state="importing" />
        <span className="soft">
          from <bdi>{source}</bdi>
        </span>
      </p>
      <ProgressLine name={file} known={pace.last.progress} pace={pace} />
    </>
  );
}
