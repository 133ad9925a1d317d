import { Kernel } from '../../kernel/kernel.ts';
import { equalsRow } from '../existing-row.ts';
import type { OpenedRows } from '../opened-rows.ts';
import { lookWhetherToStop } from '../publish-control.ts';
import { RowCursor } from '../row-cursor.ts';
import type { PublishControl } from '../store.ts';
import { deltaTailFields, type Kind } from './delta.ts';
import { RowEncoder } from './encode-rows.ts';
import type { ExistingRows } from './existing-rows.ts';
import type { RowLayout } from '../../schema/packed-rows.ts';

/** Writes rows of a delta as `DeltaSql.copyDelta` takes them. */
export class DeltaEncoder {
  readonly #encoder: RowEncoder;
  readonly #counted: number;
  readonly #fields: number;

  constructor(layout: RowLayout, run: number, counted: number) {
    this.#encoder = new RowEncoder(layout, run);
    this.#counted = counted;
    this.#fields = deltaTailFields + counted;
  }

  /**
   * @param former the row that is there, if it is known
   * @returns a block that is full and to be sent
   */
  put(winner: RowCursor, kind: Kind, former: ExistingRows | null): Buffer | null {
    const encoder = this.#encoder;
    const { blocks } = encoder;
    const formerBytes = former?.formerBytes ?? 4 * (1 + this.#counted);
    const full = encoder.begin(winner, this.#fields, kindBytes + formerBytes);
    encoder.putOrigin(winner);
    encoder.putContentHash(winner);
    const text = kindTexts[kind];
    blocks.bytes(text, 0, text.length);
    if (former !== null) former.putFormer(blocks);
    else for (let value = 0; value <= this.#counted; value++) blocks.null();
    return full;
  }

  rest(): Generator<Buffer> {
    return this.#encoder.blocks.rest();
  }
}

const kindTexts = Object.fromEntries(
  (['new', 'changed', 'equal', 'edited', 'kept', 'ended'] as const).map((kind) => [kind, Buffer.from(kind)]),
) as Readonly<Record<Kind, Buffer>>;
/** The longest one, with its length. */
const kindBytes = 4 + 7;

/** How many winners were compared: all that the comparison leaves out of the delta are equal to their rows. */
export interface Compared {
  winners: number;
  /** Records that lost to a later one of another chunk. */
  superseded: number;
}

/**
 * Merges the rows of a run with those of the table, without the values of either leaving where they are: whether a record equals
 * its row is decided by hash. Gives what `put` makes of each winner that is more than equal to its row.
 */
export async function* compareRows(
  rows: OpenedRows,
  existing: ExistingRows,
  control: PublishControl,
  compared: Compared,
  put: (winner: RowCursor, kind: 'new' | 'changed' | 'edited', former: ExistingRows | null) => Buffer | null,
): AsyncGenerator<Buffer> {
  await existing.begin();
  const merge = rows.startMerge(new Kernel(), true);
  const winner = RowCursor.ofWinners(rows.layout);
  for (let winners = merge.next(); winners > 0; winners = merge.next()) {
    for (let index = 0; index < winners; index++) {
      winner.standOn(merge, index);
      let found = existing.find(winner);
      while (found === null) {
        await existing.more();
        found = existing.find(winner);
      }
      let kind: 'new' | 'changed' | 'edited' = 'new';
      if (found) {
        if (existing.isEdited) kind = 'edited';
        else if (equalsRow(winner, existing)) continue;
        else kind = 'changed';
      }
      const full = put(winner, kind, found ? existing : null);
      if (full !== null) yield full;
    }
    compared.winners += winners;
    compared.superseded = rows.superseded + merge.superseded;
    lookWhetherToStop(control, compared.winners);
  }
}
