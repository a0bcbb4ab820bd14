// The jsonrpc dialect's server side of a FakeSocket: the test sees what was asked, and says the answers.
import { FakeServer, type FakeSocket } from './fake_server.js';

interface Request {
  id?: number;
  method: string;
  params: Record<string, unknown>;
}

export class FakeRpc extends FakeServer {
  #taken = new WeakMap<FakeSocket, number>();

  /** Opens the newest socket and says the welcome. */
  welcome(): void {
    this.socket.accept();
    this.notify('connection.welcome', {
      connection_id: 'conn_1', server_version: 'cell0-1.0.0', timestamp: 't', capabilities: [],
    });
  }

  /** What the newest socket was asked since the last look, answered or not. */
  requests(): Request[] {
    const from = this.#taken.get(this.socket) ?? 0;
    this.#taken.set(this.socket, this.socket.sent.length);
    return this.socket.sent.slice(from).flat() as unknown as Request[];
  }

  /** The one request since the last look, which is for `method`. */
  request(method: string): Request {
    const requests = this.requests();
    if (requests.length !== 1 || requests[0]!.method !== method) {
      throw new Error(`expected one ${method}, not ${JSON.stringify(requests)}`);
    }
    return requests[0]!;
  }

  notify(method: string, params: object): void {
    this.socket.say({ jsonrpc: '2.0', method, params });
  }

  answer({ id }: Request, result: unknown): void {
    this.socket.say({ jsonrpc: '2.0', result, id });
  }

  refuse({ id }: Request, code: number, message = 'no', data?: unknown): void {
    this.socket.say({ jsonrpc: '2.0', error: { code, message, ...(data !== undefined && { data }) }, id: id ?? null });
  }

  channelMessage(channel: string, seq: number): object {
    return { channel, message: { n: seq }, timestamp: 't', seq };
  }
}

/** Lets what promises wait for happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; ++i) await Promise.resolve();
}
