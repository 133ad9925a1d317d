import { systemClock } from '../runtime/clock.ts';
import type { MasterEvent } from '../processes/master.ts';
import type { ProgressDisplay } from './pace.ts';
import { progressDisplay } from './progress.ts';
import { receiptText } from './receipt-text.ts';
import { printLine, type Terminal, visible } from './terminal.ts';

/** What a master does, for whoever sits before it: progress of the import in hand, receipts, and what is not as it should be. */
export class WatchDisplay {
  readonly #terminal: Terminal;
  readonly #json: boolean;
  readonly #progress: ProgressDisplay;

  private constructor(terminal: Terminal, json: boolean, progress: ProgressDisplay) {
    this.#terminal = terminal;
    this.#json = json;
    this.#progress = progress;
  }

  static async open(
    terminal: Terminal,
    { quiet, json }: { readonly quiet: boolean; readonly json: boolean },
  ): Promise<WatchDisplay> {
    const progress = await progressDisplay(terminal.stderr, systemClock, quiet || json);
    return new WatchDisplay(terminal, json, progress);
  }

  show(event: MasterEvent): void {
    switch (event.kind) {
      case 'import_progress':
        this.#progress.show(visible(`${event.source}: ${event.file}`), event.progress);
        return;
      case 'imported':
        this.#imported(event);
        return;
      case 'outdated':
        this.#say(`${event.source}: ${event.file}: a newer version has come; that is imported instead`);
        return;
      case 'source_failing':
        this.#warn(`${about(event, event.trouble)}; it is asked again later`);
        return;
      case 'read_failed':
        this.#warn(`${about(event, event.trouble)}; it is read again later`);
        return;
      case 'database_failing':
        this.#warn(`${event.trouble.reason}; it is tried again later`);
        return;
      case 'source_back':
        this.#say(`${event.source}: answers again`);
        return;
      case 'database_back':
        this.#say('the database can be used again');
        return;
      default:
    }
  }

  /** A line of its own, whatever is drawn. */
  line(text: string): void {
    this.#progress.end();
    printLine(this.#terminal.stdout, text);
  }

  end(): void {
    this.#progress.end();
  }

  #imported(event: Extract<MasterEvent, { kind: 'imported' }>): void {
    const { receipt, trouble } = event;
    if (trouble !== null) this.#warn(about(event, trouble));
    if (receipt === null) return;
    if (this.#json) this.line(JSON.stringify({ receipt }));
    else if (trouble === null) for (const line of receiptText(receipt)) this.line(line);
  }

  #say(text: string): void {
    if (!this.#json) this.line(visible(text));
  }

  #warn(text: string): void {
    this.#progress.end();
    printLine(this.#terminal.stderr, `longhaul: ${visible(text)}`);
  }
}

/** What is about a source or a file of it begins with its name; what is about the database does not. */
function about(
  { source, file }: { readonly source: string; readonly file?: string },
  { reason }: { readonly reason: string },
): string {
  if (reason.startsWith(`${source}: `)) return reason;
  return [source, ...(file === undefined ? [] : [file]), reason].join(': ');
}
