import { Progress } from '@mantine/core';
import type { FileAnswer } from '../../src/api/wire/sources.ts';
import type { Pace } from '../live/progress.ts';
import { counted, durationText, numberText, partitionsText, percentText } from './format.ts';
import classes from './progress-line.module.css';

export interface ProgressLineProps {
  /** Of the file. */
  readonly name: string;
  /** What an answer said; events since say more. */
  readonly known: FileAnswer['import'];
  readonly pace: Pace | undefined;
}

/** How far an import is, how fast, and for how long yet. */
export function ProgressLine({ name, known, pace }: ProgressLineProps) {
  const progress = pace?.last.progress ?? known;
  if (progress === null) return null;
  if (progress.phase === 'publishing') {
    const { rows, ofRows, partitions } = progress;
    const ranges = partitions === undefined ? '' : `${partitionsText(partitions)}, `;
    const text = `publishing, ${ranges}${numberText(rows)} of ${counted(ofRows, 'row')}`;
    return <Bar label={`Publishing ${name}`} done={rows} all={ofRows} text={text} />;
  }
  const { records, storedBytes, expectedBytes } = progress;
  const parts = [counted(records, 'record')];
  const speed = pace?.recordsPerSecond ?? null;
  const left = pace?.secondsLeft ?? null;
  if (speed !== null) parts.push(`${numberText(speed)} records/s`);
  if (left !== null) parts.push(`${durationText(left)} left`);
  return <Bar label={`Importing ${name}`} done={storedBytes} all={expectedBytes} text={parts.join(', ')} />;
}

export interface BarProps {
  readonly label: string;
  readonly done: number;
  /** `null`: nobody knows. */
  readonly all: number | null;
  readonly text: string;
}

export function Bar({ label, done, all, text }: BarProps) {
  const part = all === null || all === 0 ? null : Math.min(1, done / all);
  return (
    <div className={classes.bar}>
      <Progress
        aria-label={label}
        value={(part ?? 1) * 100}
        animated={part === null}
        transitionDuration={200}
      />
      <span>
        {part !== null && `${percentText(Math.floor(part * 1000) / 1000)} · `}
        {text}
      </span>
    </div>
  );
}
