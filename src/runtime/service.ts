/** What every long-running part can be told: the source server now, the master and its workers as well. */
export interface Service {
  /** Resolves once it answers. Throws when it cannot. */
  start(): Promise<void>;
  /** Takes nothing new; resolves once what is in hand is finished, which can take as long as whoever it is for wants. */
  drain(): Promise<void>;
  /** Ends whatever is in hand and gives everything back. Twice is fine, and so is before or during `start`. */
  stop(): Promise<void>;
}

/** Runs a service until the signal fires; then drains it, for `drainMs` at most, and stops it. */
export async function runService(
  service: Service,
  signal: AbortSignal,
  drainMs: number,
  onStarted: () => void,
): Promise<void> {
  try {
    await service.start();
    onStarted();
    await fired(signal);
    await within(drainMs, service.drain());
  } finally {
    await service.stop();
  }
}

async function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
