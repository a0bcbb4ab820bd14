// Calls that wait for their answers, by id: over several connections no id is used twice.
//
// Bounded: over kCallsMax unanswered calls the next is refused.
import type { Clock } from './clock.js';
import { RpcConnectionError, RpcTimeoutError } from './rpc_errors.js';

/** More unanswered calls than this are a caller's loop, not a need. */
export const kCallsMax = 1024;

export interface CallOptions {
  timeoutMs: number;
  /** Called with the result before anything that arrived behind it is looked at; a promise settles later than that. */
  answered?: ((result: never) => void) | undefined;
}

interface Pending {
  method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class Calls {
  #clock: Clock;
  #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Registers a call that `send` puts on the wire. Rejects with one of rpc_errors.ts, or with what `fail` was given. */
  call(method: string, options: CallOptions, send: (id: number) => void): Promise<unknown> {
    const { timeoutMs, answered } = options;
    if (this.#pending.size >= kCallsMax) {
      return Promise.reject(new RpcConnectionError(method, false, `${kCallsMax} calls are unanswered`));
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(timeoutMs, () => this.#take(id)?.reject(new RpcTimeoutError(method, timeoutMs)));
      this.#pending.set(id, {
        method,
        resolve: (result) => {
          cancel();
          answered?.(result as never);
          resolve(result);
        },
        reject: (error) => (cancel(), reject(error)),
      });
      send(id);
    });
  }

  /** An answer that nobody waits for any more is dropped. */
  answer(id: unknown, result: unknown): void {
    this.#take(id)?.resolve(result);
  }

  /** The server refused; false: nobody waits for that any more. */
  fail(id: unknown, error: (method: string) => Error): boolean {
    const pending = this.#take(id);
    pending?.reject(error(pending.method));
    return pending !== undefined;
  }

  /** The connection is gone: nothing will be answered. */
  clear(reason: string): void {
    for (const id of [...this.#pending.keys()]) {
      const pending = this.#take(id)!;
      pending.reject(new RpcConnectionError(pending.method, true, reason));
    }
  }

  #take(id: unknown): Pending | undefined {
    const pending = this.#pending.get(id as number);
    this.#pending.delete(id as number);
    return pending;
  }
}
