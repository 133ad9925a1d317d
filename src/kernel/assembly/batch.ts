/** The arrays of a `FieldBatch` (`src/csv/field-batch.ts`), with an element a record or a field. */
@unmanaged
export class Batch {
  /** Records that fit, fields kept of each, records that are there. */
  capacity: u32;
  columns: u32;
  recordCount: u32;
  recordStart: usize;
  recordEnd: usize;
  recordLine: usize;
  fieldCount: usize;
  fieldStart: usize;
  fieldEnd: usize;
  escaped: usize;
  stray: usize;
}
