// At most so many questions at once; the others wait for their turn, in order.

export class Turns {
  #free: number;
  #waiting: (() => void)[] = [];

  /** REQUIRES: countMax is at least 1. */
  constructor(countMax: number) {
    this.#free = countMax;
  }

  async take<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await ask();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
