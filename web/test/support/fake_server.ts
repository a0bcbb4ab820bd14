// A server in the same thread: every socket that a client opens is here, and says what the test says.
import type { Cell0Event, SocketConstructor, SocketLike } from '../../src/client/index.js';

export class FakeSocket implements SocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closedWith: number | undefined;

  constructor(
    readonly url: URL,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  /** Opens it, as the network would. */
  accept(): void {
    this.onopen?.({} as never);
  }

  /** Opens it and says the welcome. */
  welcome(): void {
    this.accept();
    this.say({ type: 'connection_established', client_id: 'c1', timestamp: 't', server_version: 'cell0d-1.0.0' });
  }

  say(message: object): void {
    this.sayText(JSON.stringify(message));
  }

  sayText(data: unknown): void {
    this.onmessage?.({ data } as never);
  }

  event(seq: number, type = 'log_stream', data: Record<string, unknown> = {}): void {
    this.say({ type: 'event', event: event(seq, type, data) });
  }

  drop(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason } as never);
  }
}

export class FakeServer {
  sockets: FakeSocket[] = [];
  WebSocket: SocketConstructor;

  constructor() {
    const sockets = this.sockets;
    this.WebSocket = class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(new URL(url), protocols);
        sockets.push(this);
      }
    };
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }
}

export function event(seq: number, type = 'log_stream', data: Record<string, unknown> = {}): Cell0Event {
  return { id: `id-${seq}`, type, timestamp: '2026-02-12T10:30:00.123456Z', source: 'test', data, priority: 5, seq };
}
