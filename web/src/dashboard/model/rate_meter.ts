// Events per second over the last minute, in one-second buckets. Pure; times are a clock's milliseconds.

export const kRateSeconds = 60;
/** The shown rate is the mean of this many whole seconds: steady to the eye, quick enough to trust. */
const kMeanSeconds = 5;

export class RateMeter {
  #buckets = new Array<number>(kRateSeconds + 1).fill(0);
  #second = 0;

  record(nowMs: number): void {
    this.#advance(nowMs);
    this.#buckets[this.#second % this.#buckets.length]! += 1;
  }

  /** Events in each of the last 60 whole seconds, oldest first. */
  history(nowMs: number): number[] {
    this.#advance(nowMs);
    return Array.from({ length: kRateSeconds }, (_, i) => this.#bucket(this.#second - kRateSeconds + i));
  }

  /** Events per second, over the last whole seconds. */
  perSecond(nowMs: number): number {
    const recent = this.history(nowMs).slice(-kMeanSeconds);
    return recent.reduce((sum, n) => sum + n, 0) / kMeanSeconds;
  }

  #bucket(second: number): number {
    return second < 0 ? 0 : this.#buckets[second % this.#buckets.length]!;
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const steps = Math.min(second - this.#second, this.#buckets.length);
    for (let i = 0; i < steps; i += 1) this.#buckets[(second - i) % this.#buckets.length] = 0;
    if (second > this.#second) this.#second = second;
  }
}
