// A TCP proxy that a test puts between a browser and a gateway, to cut their connections as a network would.
import { connect, createServer } from 'node:net';

export class TcpProxy {
  #server;
  #pairs = new Set();
  #isCut = false;

  /** Listens on a free port of 127.0.0.1 and passes everything on to host:port. */
  static async start(host, port) {
    const proxy = new TcpProxy();
    proxy.#server = createServer((near) => proxy.#pass(near, host, port));
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port() {
    return this.#server.address().port;
  }

  /** Breaks every connection, and every new one, until mend(). */
  cut() {
    this.#isCut = true;
    for (const socket of this.#pairs) socket.destroy();
  }

  mend() {
    this.#isCut = false;
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(near, host, port) {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(port, host);
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.#pairs.add(socket);
      socket.pipe(other);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(socket);
        other.destroy();
      });
    }
  }
}
