import { LonghaulError } from '../../runtime/errors.ts';
import { Connection } from './connection.ts';
import type { Session } from './session.ts';

/**
 * Does two things at once, the second one by another connection: the server has a process for each, and most machines have
 * more than one core. Where the server takes no further connection, one after the other. Waits for both, also if one fails.
 */
export async function beside<First, Second>(
  connection: Connection,
  first: () => Promise<First>,
  second: (session: Session) => Promise<Second>,
): Promise<[First, Second]> {
  const [one, other] = await Promise.allSettled([first(), bySecond(connection, second)]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'rejected') throw other.reason;
  return [one.value, other.value];
}

async function bySecond<Result>(
  connection: Connection,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  await using side = await openBeside(connection);
  if (side === null) return await work(connection.session);
  return await side.translating(() => work(side.session));
}

/** A second connection to the same place, under the same fence; null where the server takes no further one. */
export async function openBeside({ target, fence }: Connection): Promise<Connection | null> {
  try {
    const side = await Connection.open({ target });
    side.fence = fence;
    return side;
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'too_many_connections') return null;
    throw error;
  }
}
