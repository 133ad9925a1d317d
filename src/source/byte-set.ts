/** Bytes from `from` up to but not including `to`. */
export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

/** A set of byte offsets, as spans in order with gaps between them. Few of them: what came in one go is one span. */
export class ByteSet {
  #spans: ByteSpan[] = [];
  #bytes = 0;

  /** How many bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  add(from: number, to: number): void {
    if (from >= to) return;
    const before = this.#spans.filter((span) => span.to < from);
    const after = this.#spans.filter((span) => span.from > to);
    const touched = this.#spans.slice(before.length, this.#spans.length - after.length);
    const joined = {
      from: Math.min(from, touched[0]?.from ?? from),
      to: Math.max(to, touched.at(-1)?.to ?? to),
    };
    this.#set([...before, joined, ...after]);
  }

  remove(from: number, to: number): void {
    if (from >= to) return;
    this.#set(
      this.#spans.flatMap((span) =>
        [
          { from: span.from, to: Math.min(span.to, from) },
          { from: Math.max(span.from, to), to: span.to },
        ].filter((left) => left.from < left.to),
      ),
    );
  }

  /** What is not there between two offsets, in order. */
  missing(from: number, to: number): ByteSpan[] {
    const gaps: ByteSpan[] = [];
    let at = from;
    for (const span of this.#spans) {
      if (span.to <= at) continue;
      if (span.from >= to) break;
      if (span.from > at) gaps.push({ from: at, to: span.from });
      at = span.to;
    }
    if (at < to) gaps.push({ from: at, to });
    return gaps;
  }

  #set(spans: ByteSpan[]): void {
    this.#spans = spans;
    this.#bytes = spans.reduce((sum, { from, to }) => sum + to - from, 0);
  }
}
