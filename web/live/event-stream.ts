/** Server-Sent Events out of the pieces of text in which they come. Pure; the browser's EventSource hides statuses and silence. */

export interface StreamEvent {
  readonly name: string;
  readonly data: string;
  /** What to send as `Last-Event-ID` from here on. */
  readonly id: string | null;
}

export class EventParser {
  #rest = '';
  #name = '';
  #data: string[] = [];
  #id: string | null = null;

  /** The events that this piece completes. */
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line, events);
    return events;
  }

  #line(line: string, events: StreamEvent[]): void {
    if (line === '') {
      if (this.#data.length > 0)
        events.push({ name: this.#name || 'message', data: this.#data.join('\n'), id: this.#id });
      this.#name = '';
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment: the master is there
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.#id = value;
  }
}
