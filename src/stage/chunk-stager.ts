import { isUtf8 } from 'node:buffer';
import type { Dialect } from '../csv/dialect.ts';
import { fieldText } from '../csv/field.ts';
import { ChunkParser } from '../csv/parser.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { ColumnMapping } from '../schema/columns.ts';
import type { PackedRows, RowLayout } from '../schema/packed-rows.ts';
import {
  maxKeptRejects,
  maxRejectRawBytes,
  maxRejectValueLength,
  type Reject,
  type RejectCode,
  type RejectCounts,
} from '../schema/rejects.ts';
import { ownMemory, type RowMemory } from './row-memory.ts';
import { RowPacker } from './row-packer.ts';

/** A chunk as a stager needs to know it; a part of the scanner's `ChunkCut`. */
export interface ChunkToStage {
  /** First byte in the decoded content, from 0. */
  readonly offset: number;
  /** Line of the chunk's first byte, from 1. */
  readonly line: number;
  /** Bytes of BOM and header before the first record. */
  readonly skip: number;
}

/** What became of the records of one chunk: `records = packed.rows + superseded + rejected`. */
export interface ChunkRows {
  readonly packed: PackedRows;
  readonly records: number;
  readonly blankLines: number;
  /** Good records that lost to a later one of the same chunk. */
  readonly superseded: number;
  readonly rejected: RejectCounts;
  /** In the order of the file, at most `maxKeptRejects`. */
  readonly rejects: readonly Reject[];
}

/** One chunk end to end: bytes in, checked and sorted rows out. Holds no state between chunks but its memory. */
export class ChunkStager {
  readonly #dialect: Dialect;
  readonly #mapping: ColumnMapping;
  readonly #layout: RowLayout;
  readonly #parser: ChunkParser;
  readonly #packer: RowPacker;

  constructor(dialect: Dialect, mapping: ColumnMapping, layout: RowLayout) {
    this.#dialect = dialect;
    this.#mapping = mapping;
    this.#layout = layout;
    const kernel = new Kernel();
    this.#parser = new ChunkParser(kernel, { dialect, columns: mapping.fields });
    this.#packer = new RowPacker(kernel, this.#parser, layout, dialect, mapping);
  }

  /** `bytes` are all of the chunk's bytes. */
  stage(bytes: Uint8Array, chunk: ChunkToStage, memory: RowMemory = ownMemory): ChunkRows {
    const parser = this.#parser;
    const packer = this.#packer;
    const { batch } = parser;
    // Asked once for the whole chunk, which is native and nearly free; record by record only where the answer is bad.
    // (`includes` of a typed array takes ten times as long as `indexOf` of a Buffer.)
    const suspects = {
      encoding: !isUtf8(bytes),
      nul: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(0) !== -1,
    };
    const looksAtAll = suspects.encoding || suspects.nul || packer.hasTypes;
    const rejected: RejectCounts = {};
    const rejects: Reject[] = [];
    /** @returns whether the record is refused */
    const examine = (record: number): boolean => {
      let code = this.#check(bytes, record, suspects);
      let badColumn = -1;
      if (code === undefined) {
        badColumn = packer.canonicalize(record);
        if (badColumn === -1) return false;
        code = 'bad_value';
      }
      packer.refuse(record);
      rejected[code] = (rejected[code] ?? 0) + 1;
      if (rejects.length < maxKeptRejects) {
        const start = batch.recordStart[record]!;
        const end = batch.recordEnd[record]!;
        rejects.push({
          code,
          line: chunk.line + batch.recordLine[record]!,
          byteOffset: chunk.offset + start,
          byteLength: end - start,
          raw: bytes.slice(start, Math.min(end, start + maxRejectRawBytes)),
          ...this.#blamed(bytes, record, badColumn),
        });
      }
      return true;
    };
    let at = parser.start(bytes, chunk.skip);
    packer.begin(bytes.length);
    while (at < bytes.length) {
      at = parser.parse(at);
      packer.beginBatch();
      const next = (from: number): number => (looksAtAll ? from : packer.nextOdd(from));
      let refused = 0;
      for (let record = next(0); record < batch.recordCount; record = next(record + 1)) {
        if (examine(record)) refused++;
      }
      packer.add(refused);
    }
    const { packed, superseded } = packer.finish(memory);
    return { packed, records: parser.records, blankLines: parser.blankLines, superseded, rejected, rejects };
  }

  /** @param column in layout order; -1: none */
  #blamed(bytes: Uint8Array, record: number, column: number): Pick<Reject, 'column' | 'value'> {
    if (column === -1) return { column: null, value: null };
    const field = this.#mapping.fieldOfColumn[column]!;
    const value = fieldText(bytes, this.#parser.batch, record, field, this.#dialect);
    return { column: this.#layout.names[column]!, value: value.slice(0, maxRejectValueLength) };
  }

  /** The first reason, in the order of `rejectReasons`, to refuse a record. */
  #check(
    bytes: Uint8Array,
    record: number,
    suspects: { encoding: boolean; nul: boolean },
  ): RejectCode | undefined {
    const { batch } = this.#parser;
    if (batch.stray[record] === 1) return 'stray_quote';
    if (suspects.encoding || suspects.nul) {
      const raw = bytes.subarray(batch.recordStart[record], batch.recordEnd[record]);
      if (suspects.encoding && !isUtf8(raw)) return 'bad_encoding';
      if (suspects.nul && raw.includes(0)) return 'nul_byte';
    }
    const fields = batch.fieldCount[record]!;
    if (fields < this.#mapping.fields) return 'too_few_fields';
    if (fields > this.#mapping.fields) return 'too_many_fields';
    const firstField = record * batch.columns;
    for (let part = 0; part < this.#layout.keyColumns; part++) {
      const field = firstField + this.#mapping.fieldOfColumn[part]!;
      if (batch.fieldStart[field] === batch.fieldEnd[field]) return 'empty_key';
    }
    return undefined;
  }
}
