import { type Answered, ApiClient, type Asked, type CallableName } from '../../src/api/client.ts';
import { listening } from '../live/connection.ts';
import { noticed } from './problem.ts';

const client = new ApiClient();

/** Throws `ApiProblem`. What is asked for is asked after the stream of events has begun, so that no change falls between the two. */
export async function api<Name extends CallableName>(
  name: Name,
  asked: Asked<Name>,
  signal?: AbortSignal,
): Promise<Answered<Name>> {
  await listening();
  try {
    return await client.call(name, asked, signal);
  } catch (error) {
    throw signal?.aborted === true ? error : noticed(error);
  }
}
