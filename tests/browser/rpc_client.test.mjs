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
const kUnique = Date.now().toString(36); // names of this run only: a fabric may have seen others

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

/** A client behind the proxy that can be cut; as another entity if one is named. */
function start(entityId, { url = `${fabric.url}/rpc`, ...identity } = {}) {
  const client = new JsonRpcClient({
    url, WebSocket, token, identity: { ...(entityId && { entity_id: `${entityId}-${kUnique}` }), ...identity },
    backoff: { baseMs: 50, maxMs: 500 },
  });
  clients.push(client);
  client.connect();
  return client;
}
/** One that no cut reaches. */
const startBeside = (entityId, identity) => start(entityId, { url: `${process.env.CELL0_URL}/rpc`, ...identity });

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

test('a channel goes on after a lost connection, in order', { skip }, async () => {
  const channel = `room-${kUnique}`;
  const [reader, writer] = [start('reader'), startBeside('writer')];
  const numbers = [];
  reader.on('channelMessage', ({ message }) => numbers.push(message.n));
  await Promise.all([reader.channels.subscribe(channel), phase(writer, 'open')]);
  assert.equal((await writer.channels.publish(channel, { n: 1 })).recipients, 1);
  await eventually('the first', () => numbers.length, (n) => n === 1);
  const recovered = new Promise((resolve) => reader.on('channelRecovered', resolve));
  await cutAndMend(reader, async () => {
    for (let n = 2; n <= 20; ++n) await writer.channels.publish(channel, { n });
  });
  await writer.channels.publish(channel, { n: 21 });
  await eventually('all', () => numbers.length, (n) => n >= 21);
  assert.deepEqual(numbers, Array.from({ length: 21 }, (_, i) => i + 1));
  assert.deepEqual(await recovered, { channel, recovered: true });
  const { messages } = await reader.channels.history(channel, { limit: 2 });
  assert.deepEqual(messages.map(({ message }) => message.n), [20, 21]);
});

test('agents reach each other by name, a durable one also later', { skip }, async () => {
  const writer = startBeside('writer');
  const reader = start('durable', { entity_type: 'agent', durable: true });
  await Promise.all([phase(writer, 'open'), phase(reader, 'open')]);
  const seen = [];
  const acknowledged = [];
  reader.agents.onMessage(({ from, message, seq, again }) => {
    seen.push([from, message.n, again]);
    if (message.n !== 2) reader.agents.ack(seq).then(() => acknowledged.push(message.n), () => {});
  });
  const name = `durable-${kUnique}`;
  const from = `writer-${kUnique}`;
  assert.equal((await writer.agents.send(name, { n: 1 })).delivered, true);
  await writer.agents.send(name, { n: 2 });
  await eventually('both, and the first acknowledged', () => seen.length + acknowledged.length, (n) => n === 3);
  await cutAndMend(reader, async () => {
    await eventually('gone', async () => (await writer.agents.send(name, { n: 3 })).delivered, (there) => !there);
  });
  await eventually('what was missed', () => seen.some(([, n]) => n === 3), (is) => is);
  assert.deepEqual(seen.slice(0, 3), [[from, 1, false], [from, 2, false], [from, 2, true]]);
  const nobody = await writer.agents.send(`nobody-${kUnique}`, { n: 1 });
  assert.equal(nobody.success, false);
});

test('presence is seen, and said again after a lost connection', { skip }, async () => {
  const [watched, watcher] = [start('watched', { entity_type: 'agent' }), startBeside('watcher')];
  const id = `watched-${kUnique}`;
  const statuses = [];
  watcher.on('presence', (change) => change.entity_id === id && statuses.push(change.status));
  await phase(watched, 'open');
  await watcher.presence.subscribe({ entity_type: 'agent' });
  await watched.presence.update({ status: 'busy', status_message: 'reading' });
  await eventually('busy', () => statuses.at(-1), (status) => status === 'busy');
  assert.equal((await watcher.presence.get(id)).status, 'busy');
  await cutAndMend(watched, () => eventually('offline', () => statuses.at(-1), (status) => status === 'offline'));
  await eventually('busy again', () => statuses.at(-1), (status) => status === 'busy');
  await assert.rejects(watcher.presence.get(`nobody-${kUnique}`), { code: -32101 });
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
