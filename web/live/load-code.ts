/** Code of pages, and of parts of them, which is loaded when it is first shown. */

const askAgainMs = 1000;

/** As `load`; but while the master is away it waits, and loads when that is back. */
export async function loadCode<Code>(load: () => Promise<Code>): Promise<Code> {
  for (let failures = 0; ; failures++) {
    try {
      return await load();
    } catch (error) {
      // Once more in any case: it may have come back since.
      const wasAway = await waitForMaster();
      if (!wasAway && failures > 0) throw error;
    }
  }
}

/** @returns whether it had to wait */
async function waitForMaster(): Promise<boolean> {
  for (let asked = 0; ; asked++) {
    try {
      await fetch('/healthz', { method: 'HEAD', cache: 'no-store' });
      return asked > 0;
    } catch {
      await new Promise((resolve) => {
        setTimeout(resolve, askAgainMs);
      });
    }
  }
}
