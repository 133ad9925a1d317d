import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from './log-levels.ts';

/** Where a process tells what it does, one JSON object a line. Never given a token, nor what is in a file. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** @param part which program tells: it stands in every line */
export function openLog(part: string, level: LogLevel, stream: NodeJS.WritableStream): Log {
  return pino({ level, base: { part }, timestamp: stdTimeFunctions.isoTime }, stream);
}
