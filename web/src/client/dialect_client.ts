// What the client of every dialect is: a connection that is wanted or not, and signals about it.
//
// A dialect says where its connections go and what to do with what arrives; it calls `link.opened` when it has what it
// needs of the server. One thread; callbacks run inside the socket's.
import { Link, type ConnectionState, type LinkOptions } from './link.js';
import { SignalTable } from './signal_table.js';

export abstract class DialectClient<Signals extends { state: ConnectionState }> {
  protected readonly signals = new SignalTable<Signals>();
  protected readonly link: Link;

  constructor(options: LinkOptions) {
    this.link = new Link(options, {
      url: () => this.nextUrl(),
      protocols: () => this.protocols(),
      ping: (sequence) => this.pingMessage(sequence),
      message: (data) => this.received(data),
      dropped: (reason) => this.dropped(reason),
      state: (state) => this.entered(state),
    });
  }

  /** Calls `listener` at every later signal of that name; the returned function ends it. */
  on<Name extends keyof Signals>(name: Name, listener: (value: Signals[Name]) => void): () => void {
    return this.signals.on(name, listener);
  }

  get state(): ConnectionState {
    return this.link.state;
  }

  /** Wants a connection from now on. No effect if one is wanted already. */
  connect(): void {
    this.link.connect();
  }

  /** Wants none any more. Subscriptions and positions are kept: a later connect() goes on with them. */
  disconnect(): void {
    this.link.disconnect();
  }

  /** Ends a wait between two attempts. */
  retryNow(): void {
    this.link.retryNow();
  }

  /** Asks for a pong, besides the pings sent by itself every 25 s. No effect when not connected. */
  ping(): void {
    this.link.ping();
  }

  /** Where the next connection goes. */
  protected abstract nextUrl(): string;

  protected protocols(): string[] {
    return [];
  }

  /** The message that asks for a pong. */
  protected abstract pingMessage(sequence: number): object;

  protected abstract received(data: unknown): void;

  /** A connection, or the attempt at one, is over; the new state follows. */
  protected abstract dropped(reason: string): void;

  protected entered(state: ConnectionState): void {
    this.signals.emit('state', state);
  }
}
