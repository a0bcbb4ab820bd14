// What the browser tests run against: a running fabric if CELL0_URL names one, else the mock gateway.
//
// Both are reached through a proxy, so that a test can cut the connection.
//   CELL0_URL         http://127.0.0.1:8080, where the dashboard is served
//   CELL0_TOKEN_FILE  a file with a token that may publish
import { readFileSync } from 'node:fs';
import { MockGateway } from './mock_gateway.mjs';
import { TcpProxy } from './tcp_proxy.mjs';

export async function openFabric() {
  const fabric = process.env.CELL0_URL ? realFabric(process.env) : await mockFabric();
  const { hostname, port } = new URL(fabric.url);
  const proxy = await TcpProxy.start(hostname, Number(port || 80));
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    isMock: !process.env.CELL0_URL,
    /** Publishes one event; resolved when it is accepted. */
    publish: fabric.publish,
    cut: () => proxy.cut(),
    mend: () => proxy.mend(),
    async close() {
      await proxy.stop();
      await fabric.close();
    },
  };
}

async function mockFabric() {
  const gateway = await MockGateway.start();
  return {
    url: gateway.url,
    publish: async (type, data) => void gateway.publish(type, data),
    close: () => gateway.stop(),
  };
}

function realFabric({ CELL0_URL: url, CELL0_TOKEN_FILE: tokenFile }) {
  if (!tokenFile) throw new Error('CELL0_TOKEN_FILE is not set: publishing needs the token that it names');
  const token = readFileSync(tokenFile, 'utf8').trim();
  return {
    url,
    publish: async (type, data) => {
      const response = await fetch(new URL('/api/v1/events', url), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
        body: JSON.stringify({ type, source: 'browser.test', data }),
      });
      if (!response.ok) throw new Error(`publish: HTTP ${response.status}: ${await response.text()}`);
    },
    close: async () => {},
  };
}
