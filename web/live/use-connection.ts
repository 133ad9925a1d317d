import { useSyncExternalStore } from 'react';
import { type Connection, connectionNow, watchConnection } from './connection.ts';

export function useConnection(): Connection {
  return useSyncExternalStore(watchConnection, connectionNow);
}
