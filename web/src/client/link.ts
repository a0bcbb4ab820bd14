// A connection that is wanted: opened again with backoff whenever it is lost, until it is not wanted any more.
//
// Knows no dialect: what is said on it is its owner's business, who also says when it counts as open. One thread.
import { backoffMs, kBackoffLimits, type BackoffLimits } from './backoff.js';
import { kSystemClock, type Clock, type Random } from './clock.js';
import { Connection, kConnectionLimits, type ConnectionLimits, type SocketConstructor } from './connection.js';

export interface LinkOptions {
  backoff?: BackoffLimits;
  limits?: ConnectionLimits;
  /** A connection that lived this long sets the backoff back to its start; default 5 s. */
  stableMs?: number;
  /** Attempts in a row without a stable connection, after which none is wanted any more; default: no end. */
  attemptsMax?: number;
  /** Default: the global one. Node below 22 has none: pass that of the `ws` package. */
  WebSocket?: SocketConstructor;
  clock?: Clock;
  random?: Random;
}

export type ConnectionState =
  /** Not wanted: before connect(), after disconnect(), or refused for good (`reason`). */
  | { phase: 'idle'; reason?: string }
  /** `attempt` counts from 1 since the last stable connection. */
  | { phase: 'connecting'; attempt: number }
  | { phase: 'open'; clientId: string; openedAt: number }
  /** Lost; attempt number `attempt` begins at `retryAt` (the clock's ms). */
  | { phase: 'waiting'; attempt: number; retryAt: number; reason: string };

export interface LinkHandlers {
  /** Where the next connection goes. */
  url(): string;
  protocols(): string[];
  /** The message that asks for a pong. */
  ping(sequence: number): object;
  message(data: unknown): void;
  /** A connection, or the attempt at one, is over, whoever ended it; the new state follows. */
  dropped(reason: string): void;
  state(state: ConnectionState): void;
}

/**
 * Close codes after which trying again is pointless (a refused token), or would take from another connection what it has
 * just taken from this one; anything else is worth another attempt.
 */
const kFinalCloseCodes: ReadonlySet<number> = new Set([4001, 4009]);

const kCloseReasons: ReadonlyMap<number, string> = new Map([
  [1000, 'closed by the server'],
  [1001, 'the server is restarting'],
  [1006, 'connection lost'],
  [1009, 'a message was too large'],
  [1013, 'the server is busy or this client was too slow'],
  [4001, 'the token was refused'],
  [4009, 'another connection has taken over'],
]);

export class Link {
  readonly clock: Clock;
  #options: LinkOptions;
  #handlers: LinkHandlers;
  #state: ConnectionState = { phase: 'idle' };
  #connection: Connection | undefined;
  #attempt = 0;
  #cancelTimer = () => {};

  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.clock = options.clock ?? kSystemClock;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state.phase === 'open';
  }

  /** Wants a connection from now on. No effect if one is wanted already. */
  connect(): void {
    if (this.#state.phase === 'idle') this.#open();
  }

  /** Wants none any more. */
  disconnect(reason?: string): void {
    this.#drop(reason ?? 'disconnected');
    this.#attempt = 0;
    this.#enter({ phase: 'idle', ...(reason !== undefined && { reason }) });
  }

  /** Ends a wait between two attempts. */
  retryNow(): void {
    if (this.#state.phase !== 'waiting') return;
    this.#cancelTimer();
    this.#open();
  }

  /** Gives the present connection up and tries another. No effect if there is none. */
  restart(reason: string): void {
    if (this.#connection) this.#lose(reason);
  }

  /** The owner has what it needs of the server: from now on the state is open. REQUIRES: a message has arrived. */
  opened(clientId: string): void {
    this.#cancelTimer = this.clock.after(this.#options.stableMs ?? 5_000, () => (this.#attempt = 0));
    this.#enter({ phase: 'open', clientId, openedAt: this.clock.now() });
  }

  /** No effect without a connection. REQUIRES: a message has arrived on it. */
  send(message: object): void {
    this.#connection?.send(message);
  }

  /** Asks for a pong, besides the pings sent by itself. No effect when not open. */
  ping(): void {
    if (this.isOpen) this.#connection?.ping();
  }

  roundTripMs(sequence: number): number | undefined {
    return this.#connection?.roundTripMs(sequence);
  }

  #open(): void {
    this.#attempt += 1;
    this.#enter({ phase: 'connecting', attempt: this.#attempt });
    if (this.#state.phase !== 'connecting') return; // a listener changed its mind
    const Socket = this.#options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor | undefined);
    if (!Socket) throw new Error('no WebSocket here: pass one as the option `WebSocket` (the `ws` package has one)');
    try {
      this.#connection = this.#connectionOf(Socket);
    } catch (error) {
      // No attempt will do better: a token that is no subprotocol, ws: from an https: page.
      this.disconnect(error instanceof Error ? error.message : String(error));
    }
  }

  #connectionOf(Socket: SocketConstructor): Connection {
    const handlers = this.#handlers;
    return new Connection(
      Socket,
      handlers.url(),
      handlers.protocols(),
      this.clock,
      this.#options.limits ?? kConnectionLimits,
      {
        ping: (sequence) => handlers.ping(sequence),
        message: (data) => handlers.message(data),
        closed: (code, reason) => this.#closed(code, reason),
      },
    );
  }

  #drop(reason: string): void {
    this.#cancelTimer();
    this.#connection?.close();
    this.#connection = undefined;
    this.#handlers.dropped(reason);
  }

  #closed(code: number, serverReason: string): void {
    const reason = serverReason || (kCloseReasons.get(code) ?? `closed with code ${code}`);
    if (kFinalCloseCodes.has(code)) this.disconnect(reason);
    else this.#lose(reason);
  }

  #lose(reason: string): void {
    if (this.#attempt >= (this.#options.attemptsMax ?? Infinity)) {
      return this.disconnect(`${reason}; given up after ${this.#attempt} attempts`);
    }
    this.#drop(reason);
    const limits = this.#options.backoff ?? kBackoffLimits;
    const waitMs = backoffMs(Math.max(1, this.#attempt), limits, this.#options.random ?? Math.random);
    this.#cancelTimer = this.clock.after(waitMs, () => this.#open());
    this.#enter({ phase: 'waiting', attempt: this.#attempt + 1, retryAt: this.clock.now() + waitMs, reason });
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#handlers.state(state);
  }
}
