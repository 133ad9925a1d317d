/** What is shown in place of content: that there is none, that there is none yet, and why there is none. */
import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { readable } from '../api/problem.ts';
import classes from './states.module.css';

export function Nothing({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={classes.nothing}>
      <p className={classes.title}>{title}</p>
      {children !== undefined && <div className="soft">{children}</div>}
    </div>
  );
}

export interface ProblemProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  readonly retryText?: string;
}

export function Problem({ error, onRetry, retryText = 'Try again' }: ProblemProps) {
  const { text, hint, code } = readable(error);
  return (
    <div role="alert" className={classes.problem} data-code={code}>
      <p className={classes.title}>{text}</p>
      {hint !== '' && <p>{hint}</p>}
      {onRetry !== undefined && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          {retryText}
        </Button>
      )}
    </div>
  );
}

/** As high as what will be there, so that nothing jumps. */
export function Waiting({
  lines = 3,
  label = 'Loading',
}: {
  readonly lines?: number;
  readonly label?: string;
}) {
  return (
    <div className={classes.waiting} aria-busy="true" aria-label={label} role="status">
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} height={14} width={`${90 - (index % 3) * 18}%`} animate={false} />
      ))}
    </div>
  );
}
