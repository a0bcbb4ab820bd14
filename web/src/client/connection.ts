// One WebSocket connection from its first SYN to its end: opening deadline, keep-alive, one certain end.
//
// Knows no dialect and nothing of reconnecting. After `closed` was called, or close() was, no handler is called again.
import type { Clock } from './clock.js';

/** What this library uses of a WebSocket: the browser's, Node's own (22 and later) and the `ws` package's will do. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

export interface ConnectionLimits {
  /** From the start of connecting to the first message of the server. */
  openTimeoutMs: number;
  /** From one ping of ours to the next; the gateway closes a client that is silent for 60 s. */
  pingIntervalMs: number;
  /** A connection on which nothing at all arrives for this long after a ping is dead. */
  pongTimeoutMs: number;
}

export const kConnectionLimits: ConnectionLimits = {
  openTimeoutMs: 10_000,
  pingIntervalMs: 25_000,
  pongTimeoutMs: 10_000,
};

export interface ConnectionHandlers {
  /** The message that asks for a pong. */
  ping(sequence: number): object;
  message(data: unknown): void;
  /** The other side or the network ended it; not called after our own close(). */
  closed(code: number, reason: string): void;
}

/** Code of an end without a close frame (RFC 6455, 7.1.5); browsers report every failure to open as this. */
export const kAbnormalClosure = 1006;

export class Connection {
  #socket: SocketLike;
  #clock: Clock;
  #limits: ConnectionLimits;
  #handlers: ConnectionHandlers;
  #cancelDeadline: () => void;
  #cancelPing = () => {};
  #pingSequence = 0;
  #pingSentAt = 0;
  #ended = false;

  constructor(
    Socket: SocketConstructor,
    url: string,
    protocols: string[],
    clock: Clock,
    limits: ConnectionLimits,
    handlers: ConnectionHandlers,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#handlers = handlers;
    this.#socket = new Socket(url, protocols); // throws where the address or a protocol is none
    this.#cancelDeadline = clock.after(limits.openTimeoutMs, () =>
      this.#fail(kAbnormalClosure, `no answer within ${limits.openTimeoutMs} ms`),
    );
    this.#socket.onopen = () => this.#schedulePing();
    this.#socket.onmessage = (event: { data: unknown }) => this.#receive(event.data);
    this.#socket.onclose = (event: { code: number; reason: string }) => this.#fail(event.code, event.reason);
    this.#socket.onerror = () => {}; // onclose follows and says more
  }

  /** REQUIRES: a message has arrived. */
  send(message: object): void {
    if (!this.#ended) this.#socket.send(JSON.stringify(message));
  }

  /** Asks for a pong now; returns its sequence number. REQUIRES: a message has arrived. */
  ping(): number {
    this.#pingSentAt = this.#clock.now();
    this.send(this.#handlers.ping(++this.#pingSequence));
    return this.#pingSequence;
  }

  /** Round trip of the pong with this sequence number, in ms; undefined if it is not the latest ping's. */
  roundTripMs(sequence: number): number | undefined {
    return sequence === this.#pingSequence ? this.#clock.now() - this.#pingSentAt : undefined;
  }

  /** Ends it without further callbacks. */
  close(code = 1000, reason = ''): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelDeadline();
    this.#cancelPing();
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    try {
      this.#socket.close(code, reason);
    } catch {
      // Some implementations throw when asked to close while they connect; it is dropped all the same.
    }
  }

  #receive(data: unknown): void {
    this.#cancelDeadline();
    this.#handlers.message(data);
  }

  #schedulePing(): void {
    this.#cancelPing = this.#clock.after(this.#limits.pingIntervalMs, () => {
      this.ping();
      // Measured from the ping, not from the last message: after a laptop's sleep that one is always old.
      this.#cancelDeadline();
      this.#cancelDeadline = this.#clock.after(this.#limits.pongTimeoutMs, () =>
        this.#fail(kAbnormalClosure, `silent for ${this.#limits.pongTimeoutMs} ms after a ping`),
      );
      this.#schedulePing();
    });
  }

  #fail(code: number, reason: string): void {
    if (this.#ended) return;
    this.close();
    this.#handlers.closed(code, reason);
  }
}
