import { LonghaulError } from '../runtime/errors.ts';
import type { PublishControl } from './store.ts';

/** Tells how far it is, and throws `interrupted` if it is to stop. */
export function lookWhetherToStop(control: PublishControl, rows: number): void {
  control.progress(rows);
  if (!control.signal.aborted) return;
  throw LonghaulError.of('interrupted', { advice: 'run the same command again to go on' });
}
