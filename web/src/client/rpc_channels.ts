// Channels: each message of a subscribed channel once and in order, over reconnects.
//
// After a reconnect, or a skip notice, what was missed is fetched from the channel's history; what arrives live
// meanwhile waits (bounded: over kWaitingMax it is dropped and fetched as well).
import { Cursor } from './cursor.js';
import { isTemporary, RpcError } from './rpc_errors.js';
import type { ChannelMessage, Json, RpcMethods } from './rpc_messages.js';
import type { RpcPart, RpcPeer } from './rpc_peer.js';
import { Standing } from './standing.js';
import { Turns } from './turns.js';

/** Messages of one channel that wait while its history is fetched. */
export const kWaitingMax = 10_000;
/** Messages of a page of history; the gateway may send fewer. */
const kPageMessages = 500;
/** Pages asked for at once: a gateway answers 16 questions of a connection at a time, and some are the caller's. */
const kPagesAtOnce = 8;

type Published = RpcMethods['channel.publish']['result'];
type History = RpcMethods['channel.history']['result'];

export class RpcChannels implements RpcPart {
  #peer: RpcPeer;
  #channels = new Map<string, Channel>();
  #turns = new Turns(kPagesAtOnce);

  constructor(peer: RpcPeer) {
    this.#peer = peer;
  }

  get subscribed(): string[] {
    return [...this.#channels.keys()];
  }

  /**
   * Subscribes; no effect if it is subscribed already. The signal is `channelMessage`. Resolves when the server has
   * taken it, also if that takes another connection; rejects with RpcError when refused.
   */
  subscribe(channel: string): Promise<void> {
    let known = this.#channels.get(channel);
    if (!known) {
      known = new Channel(this.#peer, channel, this.#turns, () => this.#channels.delete(channel));
      this.#channels.set(channel, known);
    }
    return known.standing.first;
  }

  unsubscribe(channel: string): Promise<void> {
    const known = this.#channels.get(channel);
    if (!known) return Promise.resolve();
    this.#channels.delete(channel);
    known.standing.drop(`channel.subscribe: ${channel}: unsubscribed`);
    return this.#peer.end('channel.unsubscribe', { channel });
  }

  /** `recipients` counts the subscribers on all gateways. */
  publish(channel: string, message: Json): Promise<Published> {
    return this.#peer.call('channel.publish', { channel, message });
  }

  /** Retained messages, oldest first: the first `limit` after `since`, or else the last `limit`. */
  history(channel: string, query: { limit?: number; since?: number } = {}): Promise<History> {
    return this.#peer.call('channel.history', { channel, ...query });
  }

  receive: RpcPart['receive'] = {
    'channel.message': (message) => this.#channels.get(message.channel)?.take(message),
    'events.skipped': (notice) => {
      this.#peer.emit('skipped', notice);
      for (const channel of this.#channels.values()) channel.missed();
    },
  };

  opened(): void {
    for (const channel of this.#channels.values()) channel.standing.renew();
  }
}

class Channel {
  readonly standing: Standing<void>;
  #peer: RpcPeer;
  #name: string;
  #turns: Turns;
  #cursor = new Cursor();
  #base: number | undefined; // the newest message at the first subscription: what is missed counts from there
  #waiting: ChannelMessage[] | undefined; // while the history is fetched
  #isIncomplete = false; // some of what waited was dropped

  constructor(peer: RpcPeer, name: string, turns: Turns, refused: () => void) {
    this.#peer = peer;
    this.#name = name;
    this.#turns = turns;
    this.standing = new Standing(peer, () => this.#establish(), refused);
  }

  take(message: ChannelMessage): void {
    if (!this.#waiting) return this.#deliver(message);
    if (this.#waiting.length < kWaitingMax) {
      this.#waiting.push(message);
    } else {
      this.#waiting = [];
      this.#isIncomplete = true;
    }
  }

  /** The server left messages out. */
  missed(): void {
    this.#isIncomplete = true; // also for a catch-up that is under way
    if (this.#waiting) return;
    this.#waiting = [];
    this.#catchUp().catch((error: Error) => this.#peer.restart(error.message));
  }

  async #establish(): Promise<void> {
    this.#waiting = [];
    const channel = this.#name;
    await this.#peer.call('channel.subscribe', { channel });
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    const isFirst = this.#position === undefined;
    const recovered = await (isFirst ? this.#begin() : this.#fetch());
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const message of waiting) this.#deliver(message);
    if (!isFirst) this.#peer.emit('channelRecovered', { channel: this.#name, recovered });
  }

  get #position(): number | undefined {
    return this.#cursor.last ?? this.#base;
  }

  async #begin(): Promise<boolean> {
    this.#isIncomplete = false;
    const page = await this.#history({ limit: 1 });
    this.#base = page?.messages.at(-1)?.seq ?? (page && 0);
    return page !== undefined && (!this.#isIncomplete || this.#fetch());
  }

  /** Delivers what lies between the position and what waits. */
  async #fetch(): Promise<boolean> {
    let recovered = true;
    for (;;) {
      this.#isIncomplete = false;
      const page = await this.#history({ limit: kPageMessages, since: this.#position ?? 0 });
      if (!page?.recovered) {
        recovered = false;
        this.#cursor.resumed({ recovered: false });
      }
      for (const message of page?.messages ?? []) this.#deliver(message);
      if (!page || (page.messages.length === 0 && !this.#isIncomplete)) return recovered;
    }
  }

  /** Undefined: this client may not read it. */
  async #history(query: { limit: number; since?: number }): Promise<History | undefined> {
    try {
      return await this.#turns.take(() => this.#peer.call('channel.history', { channel: this.#name, ...query }));
    } catch (error) {
      if (error instanceof RpcError && !isTemporary(error)) return undefined;
      throw error;
    }
  }

  #deliver(message: ChannelMessage): void {
    if (this.#cursor.take(message)) this.#peer.emit('channelMessage', message);
  }
}
