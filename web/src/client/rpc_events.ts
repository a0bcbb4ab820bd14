// The one subscription to events that a connection may have: kept over reconnects, resumed where it was.
import { Cursor } from './cursor.js';
import type { EventFilter, Recovery } from './rpc_messages.js';
import type { RpcPart, RpcPeer } from './rpc_peer.js';
import { Standing } from './standing.js';

export class RpcEvents implements RpcPart {
  #peer: RpcPeer;
  #cursor = new Cursor();
  #since: number | undefined;
  #isAnswered = false; // what comes before that is of a subscription before
  #standing: Standing<Recovery> | undefined;

  constructor(peer: RpcPeer) {
    this.#peer = peer;
  }

  /** The newest seq delivered, or where the subscription was told to begin: where it goes on after a reconnect. */
  get lastSeq(): number | undefined {
    return this.#cursor.last ?? this.#since;
  }

  /**
   * Subscribes, in place of what was subscribed before; with `since` from after that event on. The signal is `event`.
   * Resolves with the server's answer, also if that takes another connection; rejects with RpcError when refused.
   */
  subscribe(filter: EventFilter = {}, { since }: { since?: number } = {}): Promise<Recovery> {
    this.#standing?.drop('events.subscribe: another subscription took its place');
    this.#cursor = new Cursor();
    this.#since = since;
    const refused = () => (this.#standing = undefined);
    this.#standing = new Standing(this.#peer, () => this.#establish(filter), refused);
    return this.#standing.first;
  }

  unsubscribe(): Promise<void> {
    this.#standing?.drop('events.subscribe: unsubscribed');
    this.#standing = undefined;
    this.#isAnswered = false;
    return this.#peer.end('events.unsubscribe', {});
  }

  receive: RpcPart['receive'] = {
    event: (event) => {
      if (this.#isAnswered && this.#cursor.take(event)) this.#peer.emit('event', event);
    },
    'events.skipped': (notice) => this.#peer.emit('skipped', notice),
  };

  opened(): void {
    this.#standing?.renew();
  }

  #establish(filter: EventFilter): Promise<Recovery> {
    const since = this.lastSeq;
    this.#isAnswered = false;
    return this.#peer.call(
      'events.subscribe',
      { ...filter, ...(since !== undefined && { since }) },
      (recovery) => {
        this.#isAnswered = true;
        if (since === undefined) return;
        this.#cursor.resumed(recovery);
        this.#peer.emit('resumed', recovery);
      },
    );
  }
}
