// The built JsonRpcClient, in Node and in a page, against a running fabric (CELL0_URL); the mock gateway has no jsonrpc.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, test } from 'node:test';
import { JsonRpcClient, RpcError } from '../../web/dist/client/index.js';
import { eventually, launch } from './browser.mjs';
import { openFabric } from './fabric.mjs';

const WebSocket = createRequire(new URL('../../web/package.json', import.meta.url))('ws');
const skip = process.env.CELL0_URL ? false : 'needs a running fabric';
const kType = 'rpc_client_check';

let fabric;
let token;
let clients = [];

before(async () => {
  if (skip) return;
  fabric = await openFabric();
  token = readFileSync(process.env.CELL0_TOKEN_FILE, 'utf8').trim();
});
after(() => fabric?.close());
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
  fabric?.mend();
});

/** A client behind the proxy that can be cut. */
function start() {
  const client = new JsonRpcClient({
    url: `${fabric.url}/rpc`, WebSocket, token, backoff: { baseMs: 50, maxMs: 500 },
  });
  clients.push(client);
  client.connect();
  return client;
}

const phase = (client, wanted) => eventually(wanted, () => client.state.phase, (phase) => phase === wanted);

async function cutAndMend(client, meanwhile) {
  fabric.cut();
  await phase(client, 'waiting');
  await meanwhile();
  fabric.mend();
  await phase(client, 'open');
}

test('calls, typed errors and batches', { skip }, async () => {
  const client = start();
  await phase(client, 'open');
  assert.equal(await client.call('rpc.ping'), 'pong');
  const large = 'ü'.repeat(2_000_000);
  assert.equal(await client.call('rpc.echo', { message: large }), large);
  await assert.rejects(client.call('no.such'), (error) => error instanceof RpcError && error.code === -32601);
  const outcomes = await client.batch([
    { method: 'rpc.echo', params: { message: [1, { two: null }] } },
    { method: 'heartbeat', notify: true },
    { method: 'rpc.echo' },
  ]);
  assert.deepEqual(outcomes[0], { ok: true, result: [1, { two: null }] });
  assert.equal(outcomes[1].error.code, -32602);
});

test('a refused token ends it for good', { skip }, async () => {
  const client = new JsonRpcClient({ url: `${fabric.url}/rpc`, WebSocket, token: 'cell0_wrong' });
  clients.push(client);
  client.connect();
  await eventually('idle with a reason', () => client.state.reason, (reason) => /-32001/.test(reason ?? ''));
});

test('events go on after a lost connection: none is missed, none comes twice', { skip }, async () => {
  const client = start();
  const notes = [];
  client.on('event', ({ data }) => notes.push(data.note));
  await client.events.subscribe({ types: [kType] });
  await fabric.publish(kType, { note: 1 });
  await eventually('the first', () => notes.length, (n) => n === 1);
  const resumed = new Promise((resolve) => client.on('resumed', resolve));
  await cutAndMend(client, async () => {
    await fabric.publish(kType, { note: 2 });
    await fabric.publish(kType, { note: 3 });
  });
  await fabric.publish(kType, { note: 4 });
  await eventually('all', () => notes.length, (n) => n >= 4);
  assert.deepEqual(notes, [1, 2, 3, 4]);
  assert.equal((await resumed).recovered, true);
});

test('in a page: the same library, served by the gateway', { skip }, async () => {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(fabric.url);
    const result = await page.evaluate(
      async ({ token, type }) => {
        const { JsonRpcClient } = await import('/client/index.js');
        const client = new JsonRpcClient({ url: new URL('/rpc', location.href).href, token });
        const open = new Promise((resolve) => client.on('state', ({ phase }) => phase === 'open' && resolve()));
        client.connect();
        await open;
        const event = new Promise((resolve) => client.on('event', resolve));
        await client.events.subscribe({ types: [type] });
        const text = 'z'.repeat(100_000);
        const echoed = (await client.call('rpc.echo', { message: text })) === text;
        const publish = await fetch('/api/v1/events', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
          body: JSON.stringify({ type, source: 'page', data: { note: 'from a page' } }),
        });
        const note = publish.ok && (await event).data.note;
        client.disconnect();
        return { echoed, note };
      },
      { token, type: kType },
    );
    assert.deepEqual(result, { echoed: true, note: 'from a page' });
  } finally {
    await browser.close();
  }
});
