// The newest rows, in memory, numbered in the order of their arrival.
//
// Bounded in rows and in characters; over either it drops its oldest rows. Pure data.
// Invariant: rows first .. end-1 are held, nothing between them is missing, and numbers are never used twice.
import { rowChars, type Row } from './row.js';

export interface LogLimits {
  rowsMax: number;
  charsMax: number;
}

/** 100,000 rows of the usual 300 to 500 characters are about 50 MB; large events may not make it more than 128 MB. */
export const kLogLimits: LogLimits = { rowsMax: 100_000, charsMax: 128 * 1024 * 1024 };

export class EventLog {
  #limits: LogLimits;
  #rows: (Row | undefined)[] = [];
  #first = 0;
  #end = 0;
  #chars = 0;

  constructor(limits: LogLimits = kLogLimits) {
    this.#limits = limits;
  }

  get limits(): LogLimits {
    return this.#limits;
  }

  /** Number of the oldest row held. */
  get first(): number {
    return this.#first;
  }

  /** Number that the next row will get. */
  get end(): number {
    return this.#end;
  }

  get size(): number {
    return this.#end - this.#first;
  }

  /** Amortised O(1). A row that alone exceeds charsMax is kept, by itself. */
  push(row: Row): void {
    if (this.size === this.#limits.rowsMax) this.#dropOldest();
    this.#rows[this.#end % this.#limits.rowsMax] = row;
    this.#end += 1;
    this.#chars += rowChars(row);
    while (this.#chars > this.#limits.charsMax && this.size > 1) this.#dropOldest();
  }

  /** The row of that number, undefined if it is not held. */
  at(number: number): Row | undefined {
    if (number < this.#first || number >= this.#end) return undefined;
    return this.#rows[number % this.#limits.rowsMax];
  }

  clear(): void {
    this.#rows = [];
    this.#first = this.#end;
    this.#chars = 0;
  }

  #dropOldest(): void {
    const slot = this.#first % this.#limits.rowsMax;
    this.#chars -= rowChars(this.#rows[slot]!);
    this.#rows[slot] = undefined;
    this.#first += 1;
  }
}
