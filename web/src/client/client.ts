// A client of the cell0d dialect that stays connected: it reconnects with backoff, resumes where it was, and says so.
//
// Delivers every event of its subscription once and in order as long as the server holds it; what is not held, or was
// skipped, is told by `resumed` and `skipped`. Holds no events itself. One thread; callbacks run inside the socket's.
import { Cursor } from './cursor.js';
import { decode } from './decode.js';
import { DialectClient } from './dialect_client.js';
import type { ConnectionState, LinkOptions } from './link.js';
import type {
  Cell0Event,
  ClientMessage,
  History,
  Resumed,
  ServerMessage,
  ServerStats,
  Skipped,
  Welcome,
} from './messages.js';
import { Requests } from './requests.js';
import { connectionUrl, Subscription, type Filter } from './subscription.js';

export interface ClientOptions extends Filter, LinkOptions {
  /** Where the dialect is served: `ws://host:8765/`, or `http://host:8080/cell0d`. */
  url: string;
  /** Shown to the server as the subprotocol `cell0.token.<token>`; without one the client is anonymous. */
  token?: string;
  /** Event types to start with; default `['all']`. */
  types?: readonly string[];
  /** Resume after this event from the first connection on, instead of getting the last 50. */
  since?: number;
  /** Default 10 s. */
  requestTimeoutMs?: number;
}

/** `history`: of the opening history, from before the connection. `live`: as it happens, or resumed. */
export type EventOrigin = 'history' | 'live';

export interface ClientSignals {
  state: ConnectionState;
  welcome: Welcome;
  event: { event: Cell0Event; origin: EventOrigin };
  resumed: Resumed;
  skipped: Skipped;
  /** The set that the server now has for this connection. */
  subscription: string[];
  /** `roundTripMs` is undefined for an answer that is not the latest ping's. */
  pong: { sequence: number; roundTripMs: number | undefined };
  /** The server's word on something we sent. */
  error: { error: string };
  /** Something arrived that this library does not understand; it was ignored. */
  ignored: { reason: string };
}

interface Answers {
  get_history: Cell0Event[];
  get_stats: ServerStats;
}

export class Cell0Client extends DialectClient<ClientSignals> {
  #options: ClientOptions;
  #cursor = new Cursor();
  #subscription: Subscription;
  #requested: readonly string[] = []; // the types of this connection's address
  #requests: Requests<Answers>;

  constructor(options: ClientOptions) {
    super(options);
    this.#options = options;
    this.#subscription = new Subscription(options.types);
    this.#requests = new Requests(this.link.clock, options.requestTimeoutMs ?? 10_000);
  }

  /** The newest seq delivered; `since` of the next connection. */
  get lastSeq(): number | undefined {
    return this.#cursor.last ?? this.#options.since;
  }

  get subscribedTypes(): string[] {
    return this.#subscription.types;
  }

  /** Adds types (or, with `replace`, sets them); kept over reconnects. The server's answer is `subscription`. */
  subscribe(types: readonly string[], { replace = false } = {}): void {
    this.#subscription.add(types, replace);
    this.#sendIfOpen({ type: 'subscribe', event_types: [...types], ...(replace && { replace }) });
  }

  unsubscribe(types: readonly string[]): void {
    this.#subscription.remove(types);
    this.#sendIfOpen({ type: 'unsubscribe', event_types: [...types] });
  }

  /**
   * Retained events, oldest first: the first `limit` after `since`, or else the last `limit` (default 100).
   * Rejects when not connected, on an error of the server, on loss of the connection, and after the request timeout.
   */
  getHistory(query: { eventType?: string; limit?: number; since?: number } = {}): Promise<Cell0Event[]> {
    return this.#ask('get_history', {
      type: 'get_history',
      ...(query.eventType !== undefined && { event_type: query.eventType }),
      ...(query.limit !== undefined && { limit: query.limit }),
      ...(query.since !== undefined && { since: query.since }),
    });
  }

  /** Rejects as getHistory does. */
  getStats(): Promise<ServerStats> {
    return this.#ask('get_stats', { type: 'get_stats' });
  }

  protected override nextUrl(): string {
    this.#requested = this.#subscription.types;
    return connectionUrl(this.#options.url, this.#subscription, this.#options, this.lastSeq);
  }

  protected override protocols(): string[] {
    const { token } = this.#options;
    return token === undefined ? [] : ['cell0', `cell0.token.${token}`];
  }

  protected override pingMessage(sequence: number): ClientMessage {
    return { type: 'ping', sequence };
  }

  protected override dropped(reason: string): void {
    this.#requests.clear(reason);
  }

  protected override received(data: unknown): void {
    const decoded = decode(data);
    if (decoded.kind === 'message') this.#handle(decoded.message);
    else if (decoded.kind === 'unknown') this.signals.emit('ignored', { reason: `message type "${decoded.type}"` });
    else this.signals.emit('ignored', { reason: decoded.reason });
  }

  #handle(message: ServerMessage): void {
    (this.#handlers[message.type] as (message: ServerMessage) => void)(message);
  }

  /** What each message of the server does here. */
  #handlers: { [Type in ServerMessage['type']]: (message: Extract<ServerMessage, { type: Type }>) => void } = {
    connection_established: (message) => this.#established(message),
    event_history: (message) => this.#history(message),
    event: ({ event }) => this.#deliver(event, 'live'),
    events_resumed: (notice) => {
      this.#cursor.resumed(notice);
      this.signals.emit('resumed', notice);
    },
    events_skipped: (notice) => this.signals.emit('skipped', notice),
    subscription_updated: (message) => this.signals.emit('subscription', message.subscribed_events),
    pong: ({ sequence }) =>
      this.signals.emit('pong', { sequence, roundTripMs: this.link.roundTripMs(sequence) }),
    server_stats: ({ stats }) => void this.#requests.answer('get_stats', stats),
    error: ({ error }) => {
      this.#requests.refuse(error);
      this.signals.emit('error', { error });
    },
    ping: () => {}, // its arrival is what counts
    echo: () => {},
    auth_ok: () => {},
  };

  #established(welcome: Welcome): void {
    // An address cannot say "nothing at all"; a client without types says it first thing, and so does one whose types
    // have changed since.
    const { types } = this.#subscription;
    if (types.length === 0) this.#say({ type: 'unsubscribe', event_types: ['all'] });
    else if (types.join() !== this.#requested.join()) this.#say({ type: 'subscribe', event_types: types, replace: true });
    this.link.opened(welcome.client_id);
    this.signals.emit('welcome', welcome);
  }

  #history(message: History): void {
    if (message.note === undefined && this.#requests.answer('get_history', message.events)) return;
    for (const event of message.events) this.#deliver(event, 'history');
  }

  #deliver(event: Cell0Event, origin: EventOrigin): void {
    if (this.#cursor.take(event)) this.signals.emit('event', { event, origin });
  }

  #say(message: ClientMessage): void {
    this.link.send(message);
  }

  #sendIfOpen(message: ClientMessage): void {
    if (this.link.isOpen) this.#say(message);
  }

  #ask<Kind extends keyof Answers>(kind: Kind, message: ClientMessage): Promise<Answers[Kind]> {
    if (!this.link.isOpen) return Promise.reject(new Error(`${kind}: not connected`));
    return this.#requests.ask(kind, () => this.#say(message));
  }
}
