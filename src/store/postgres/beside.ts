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
  let side: Connection;
  try {
    side = await Connection.open({ target: connection.target });
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'too_many_connections') throw error;
    return await work(connection.session);
  }
  await using _ = side;
  return await side.translating(() => work(side.session));
}
