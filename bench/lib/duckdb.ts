import { fileURLToPath } from 'node:url';
import { type Measured, runChild } from './child.ts';

/** The job by DuckDB, as a whole process: `bench/duckdb-import.ts`. */
export function duckdbImport(database: string, file: string): Promise<Measured> {
  const program = fileURLToPath(new URL('../duckdb-import.ts', import.meta.url));
  return runChild(process.execPath, [program, file, database]);
}
