/** Runs one statement, inside whatever transaction its maker has opened: what a queue and a store share where they have one database. */
export interface SqlRunner {
  executeSql(sql: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}
