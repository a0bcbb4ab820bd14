// Questions asked on one connection whose answers carry no number: the n-th answer of a kind is for the n-th question.
//
// An answer that comes after its question timed out is still counted off, so that it is not taken for the next one's.
// Bounded: over kPendingMax questions of a kind the next is refused.
import type { Clock } from './clock.js';

/** More unanswered questions of one kind than this are a caller's loop, not a need. */
export const kPendingMax = 64;

interface Pending {
  settled: boolean;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class Requests<Answers extends object> {
  #queues = new Map<keyof Answers, Pending[]>();
  #clock: Clock;
  #timeoutMs: number;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Registers a question that `send` puts on the wire. Rejects on timeout, refusal, or loss of the connection. */
  ask<Kind extends keyof Answers & string>(kind: Kind, send: () => void): Promise<Answers[Kind]> {
    const queue = this.#queues.get(kind) ?? [];
    this.#queues.set(kind, queue);
    if (queue.length >= kPendingMax) return Promise.reject(new Error(`${kind}: ${kPendingMax} requests are unanswered`));
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(this.#timeoutMs, () => {
        pending.reject(new Error(`${kind}: no answer within ${this.#timeoutMs} ms`));
      });
      const settle = (action: () => void) => {
        if (pending.settled) return;
        pending.settled = true;
        cancel();
        action();
      };
      const pending: Pending = {
        settled: false,
        resolve: (answer) => settle(() => resolve(answer as Answers[Kind])),
        reject: (error) => settle(() => reject(error)),
      };
      queue.push(pending);
      send();
    });
  }

  /** Hands an answer to its question. False: nobody asked. */
  answer<Kind extends keyof Answers>(kind: Kind, answer: Answers[Kind]): boolean {
    const pending = this.#queues.get(kind)?.shift();
    pending?.resolve(answer);
    return pending !== undefined;
  }

  /** An error message answers the only open question, if there is exactly one; it names none itself. */
  refuse(reason: string): void {
    const open = [...this.#queues.values()].filter((queue) => queue.length > 0);
    if (open.length === 1 && open[0]!.length === 1) open[0]!.shift()!.reject(new Error(reason));
  }

  /** The connection is gone: nothing will be answered. */
  clear(reason: string): void {
    for (const queue of this.#queues.values()) {
      for (const pending of queue.splice(0)) pending.reject(new Error(reason));
    }
  }
}
