// Who is there: this client's own status and a subscription to others', both kept over reconnects.
import type { EntityFilter, PresenceEntry, PresenceUpdate } from './rpc_messages.js';
import type { RpcPart, RpcPeer } from './rpc_peer.js';
import { Standing } from './standing.js';

export class RpcPresence implements RpcPart {
  #peer: RpcPeer;
  #subscription: Standing<PresenceEntry[]> | undefined;
  #own: Standing<{ success: boolean }> | undefined;

  constructor(peer: RpcPeer) {
    this.#peer = peer;
  }

  /** Resolves with everybody; then the signal is `presence`, and `presenceSnapshot` after each reconnect. */
  subscribe(filter: EntityFilter = {}): Promise<PresenceEntry[]> {
    this.#subscription?.drop('presence.subscribe: another subscription took its place');
    const establish = () =>
      this.#peer.call('presence.subscribe', filter, (entries) => this.#peer.emit('presenceSnapshot', entries));
    this.#subscription = new Standing(this.#peer, establish, () => (this.#subscription = undefined));
    return this.#subscription.first;
  }

  /** One entry. Rejects with RpcError (-32101) if nobody knows it. */
  async get(entityId: string): Promise<PresenceEntry> {
    return (await this.#peer.call('presence.get', { entity_id: entityId })) as PresenceEntry;
  }

  async list(filter: Omit<EntityFilter, 'entity_id'> = {}): Promise<PresenceEntry[]> {
    return (await this.#peer.call('presence.get', filter)) as PresenceEntry[];
  }

  /** What others see of this client's entity; said again after each reconnect. */
  update(update: PresenceUpdate): Promise<{ success: boolean }> {
    this.#own?.drop('presence.update: another update took its place');
    const establish = () => this.#peer.call('presence.update', update);
    this.#own = new Standing(this.#peer, establish, () => (this.#own = undefined));
    return this.#own.first;
  }

  receive: RpcPart['receive'] = {
    'presence.changed': (change) => this.#peer.emit('presence', change),
    'events.skipped': (notice) => {
      this.#peer.emit('skipped', notice);
      this.#subscription?.renew(); // the snapshot says what the changes would have
    },
  };

  opened(): void {
    this.#own?.renew();
    this.#subscription?.renew();
  }
}
