import type { PageFile } from './page-file.ts';
import { TreePage } from './tree-page.ts';

/**
 * Pages of one distance from the leaves. A full page is held until the next one has a cell: the row between them (which goes
 * to the parent) is not final before, because the last page of a level must not stay empty.
 */
export interface Level {
  current: TreePage;
  spare: TreePage;
  held: TreePage | null;
  /** The cell between `held` and `current`. */
  divider: Uint8Array;
}

/** The pages of a tree above its leaves: each is written once, full, when the one after it has a cell. */
export class UpperLevels {
  readonly #file: PageFile;
  /** From those above the leaves on upwards. */
  readonly #levels: Level[] = [];

  constructor(file: PageFile) {
    this.#file = file;
  }

  /** Adds a leaf, and the cell between it and the next one. */
  add(leaf: number, divider: Uint8Array): void {
    this.#add(0, leaf, divider);
  }

  /** Adds the last leaf, which is not written yet; the tree's top goes to the page `root`, which is there already. */
  finish(lastLeaf: Uint8Array, root: number): void {
    let top = lastLeaf;
    for (let at = 0; at < this.#levels.length; at++) {
      const lastChild = this.#file.append(top);
      const level = this.#levels[at]!;
      balanceLast(level);
      this.#release(at);
      level.current.rightChild = lastChild;
      top = level.current.seal();
    }
    this.#file.replace(root, top);
  }

  #add(at: number, leftChild: number, cell: Uint8Array): void {
    const level = (this.#levels[at] ??= this.#newLevel());
    if (level.current.fits(cell.length)) {
      this.#release(at);
      level.current.add(leftChild, cell);
      return;
    }
    // The cell becomes the divider; what is left of it is the full page's last child.
    level.current.rightChild = leftChild;
    level.held = level.current;
    level.divider = cell.slice();
    level.current = level.spare;
    level.current.clear();
    level.spare = level.held;
  }

  /** Writes the level's held page, if there is one, and tells the level above. */
  #release(at: number): void {
    const level = this.#levels[at]!;
    if (level.held === null) return;
    const number = this.#file.append(level.held.seal());
    level.held = null;
    this.#add(at + 1, number, level.divider);
  }

  #newLevel(): Level {
    const { pageSize } = this.#file;
    return {
      current: new TreePage(pageSize, false),
      spare: new TreePage(pageSize, false),
      held: null,
      divider: new Uint8Array(0),
    };
  }
}

/** When a level ended with a divider and nothing after it, one cell of the held page becomes the divider instead. */
export function balanceLast(level: Pick<Level, 'current' | 'held' | 'divider'>): void {
  const { held, current } = level;
  if (held === null) return;
  const { leftChild, cell } = held.removeLast();
  current.add(held.rightChild, level.divider);
  held.rightChild = leftChild;
  level.divider = cell;
}
