// The rows of a log that pass a filter, by position; follows the log in slices that fit into a frame.
//
// Pure. What it shows changes in setFilter() and catchUp() only: rows that the log drops meanwhile stay until then, so
// that whatever is drawn between two frames is drawn of one state.
// Invariant after catchUp(): every held row below `scannedTo` that passes is in the view, in order.
import type { EventLog } from './event_log.js';
import type { Row } from './row.js';

export class FilteredView {
  #log: EventLog;
  #accepts: (row: Row) => boolean = () => true;
  #rows: (Row | undefined)[] = []; // a ring as large as the log's
  #numbers: Float64Array; // the rows' numbers in the log
  #head = 0; // matches ever dropped at the old end, since the last reset
  #tail = 0; // matches ever added, since the last reset
  #scannedTo: number;

  constructor(log: EventLog) {
    this.#log = log;
    this.#numbers = new Float64Array(log.limits.rowsMax);
    this.#scannedTo = log.first;
  }

  get size(): number {
    return this.#tail - this.#head;
  }

  /** Matches dropped at the old end and added at the new one, since the last setFilter(): for scroll positions. */
  get dropped(): number {
    return this.#head;
  }

  get added(): number {
    return this.#tail;
  }

  /** True while rows of the log have not been looked at yet. */
  get isBehind(): boolean {
    return this.#scannedTo < this.#log.end;
  }

  setFilter(accepts: (row: Row) => boolean): void {
    this.#accepts = accepts;
    this.#rows = [];
    this.#head = this.#tail = 0;
    this.#scannedTo = this.#log.first;
  }

  /** Looks at up to `rowsMax` further rows and forgets those that the log dropped. */
  catchUp(rowsMax: number): void {
    this.#forgetDropped();
    this.#scannedTo = Math.max(this.#scannedTo, this.#log.first);
    const end = Math.min(this.#log.end, this.#scannedTo + rowsMax);
    for (; this.#scannedTo < end; this.#scannedTo += 1) {
      const row = this.#log.at(this.#scannedTo)!;
      if (!this.#accepts(row)) continue;
      const slot = this.#tail % this.#numbers.length;
      this.#rows[slot] = row;
      this.#numbers[slot] = this.#scannedTo;
      this.#tail += 1;
    }
  }

  /** The log's number of the row at that position. REQUIRES: 0 <= position < size. */
  numberAt(position: number): number {
    return this.#numbers[(this.#head + position) % this.#numbers.length]!;
  }

  /** REQUIRES: 0 <= position < size. */
  rowAt(position: number): Row {
    return this.#rows[(this.#head + position) % this.#numbers.length]!;
  }

  /** Position of the row with that number, -1 if it is not in the view. O(log size). */
  positionOf(number: number): number {
    let low = 0;
    let high = this.size - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.numberAt(middle);
      if (found === number) return middle;
      if (found < number) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #forgetDropped(): void {
    while (this.size > 0 && this.numberAt(0) < this.#log.first) {
      this.#rows[this.#head % this.#numbers.length] = undefined;
      this.#head += 1;
    }
  }
}
