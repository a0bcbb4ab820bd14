// Where this client stands in the event stream, across connections: drops duplicates and knows where to resume.
//
// Pure: one thread, no sockets. Within a connection seqs only grow, so "not above the last one" means "seen already".
import type { Resumed } from './messages.js';

export class Cursor {
  #last: number | undefined;
  #floor = -1;

  /** The newest seq taken, undefined before the first: the `since` of the next connection. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Takes an event of the stream. False: it was taken before. Events without a seq are always new. */
  take(event: { seq?: number }): boolean {
    if (event.seq === undefined) return true;
    if (event.seq <= this.#floor) return false;
    this.#floor = event.seq;
    this.#last = event.seq;
    return true;
  }

  /** After `recovered: false` the server may be one whose numbers lie below ours: what it sends next is the truth. */
  resumed(notice: Pick<Resumed, 'recovered'>): void {
    if (!notice.recovered) this.#floor = -1;
  }
}
