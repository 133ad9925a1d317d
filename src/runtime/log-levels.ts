/** From the least to the most that is told. Apart from the log itself, so that naming a level does not load one. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof logLevels)[number];
