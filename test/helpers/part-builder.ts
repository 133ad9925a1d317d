import {
  type BuiltPart,
  buildPart,
  type PartBuilder,
  type PartToBuild,
} from '../../src/store/sqlite/fresh/build-part.ts';

function builtOf(part: PartToBuild): BuiltPart {
  const answers: BuiltPart[] = [];
  buildPart(part, (built) => answers.push(built));
  return answers[0]!;
}

/** Builds parts in this thread: at once, or when they are waited for. What comes and goes is copied, as between threads. */
class InlinePartBuilder implements PartBuilder {
  readonly #when: 'at once' | 'at last';
  #build: (() => BuiltPart) | null = null;

  constructor(when: 'at once' | 'at last') {
    this.#when = when;
  }

  begin(part: PartToBuild): void {
    if (this.#build !== null) throw new Error('the part before was not waited for');
    const posted = structuredClone(part);
    const built = this.#when === 'at once' ? builtOf(posted) : null;
    this.#build = () => structuredClone(built ?? builtOf(posted));
  }

  finish(): BuiltPart {
    if (this.#build === null) throw new Error('no part was begun');
    const build = this.#build;
    this.#build = null;
    return build();
  }

  settle(): void {
    if (this.#build !== null) throw new Error('the part was not waited for');
  }
}

/** For a store that is to cut the rows of every publish into three parts that it can. */
export function cutsAll(): { partBuilders: readonly PartBuilder[]; freshTuning: { leastPartBytes: number } } {
  const partBuilders = [new InlinePartBuilder('at last'), new InlinePartBuilder('at once')];
  return { partBuilders, freshTuning: { leastPartBytes: 1 } };
}
