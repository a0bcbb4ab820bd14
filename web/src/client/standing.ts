// Something that is asked for once and holds from then on: it is established again on every connection.
//
// Its promise settles with the first answer, whichever connection brings it, and need not be waited for: a refusal is
// told by the signal `error`, too. What the server refuses is over; what a lost connection leaves open, or what could
// not be done now, is tried on the next connection.
import { isTemporary, RefusedError } from './rpc_errors.js';

/** The client that something stands on. */
export interface StandingPeer {
  readonly isOpen: boolean;
  restart(reason: string): void;
  emit(name: 'error', error: Error): void;
}

export class Standing<Result> {
  readonly first: Promise<Result>;
  #establish: () => Promise<Result>;
  #refused: () => void;
  #peer: StandingPeer;
  #isDropped = false;
  #resolve!: (result: Result) => void;
  #reject!: (error: Error) => void;

  /** `refused` is called when it is over: forget it. */
  constructor(peer: StandingPeer, establish: () => Promise<Result>, refused: () => void) {
    this.#peer = peer;
    this.#establish = establish;
    this.#refused = refused;
    this.first = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.first.catch(() => {});
    if (peer.isOpen) this.renew();
  }

  /** REQUIRES: the connection is open. */
  renew(): void {
    this.#establish().then(
      (result) => this.#resolve(result),
      (error: Error) => this.#failed(error),
    );
  }

  /** Nobody wants it any more, and nobody will establish it. */
  drop(reason: string): void {
    this.#isDropped = true;
    this.#reject(new Error(reason));
  }

  #failed(error: Error): void {
    if (this.#isDropped) return;
    if (isTemporary(error)) return this.#peer.restart(error.message);
    if (!(error instanceof RefusedError)) return; // the connection is gone
    this.#isDropped = true;
    this.#reject(error);
    this.#peer.emit('error', error);
    this.#refused();
  }
}
