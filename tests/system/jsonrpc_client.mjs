// A conversation with the gateway through somebody else's JSON-RPC client: `node jsonrpc_client.mjs NAME URL TOKEN`.
// Prints "ok" and ends with 0, or says what is wrong.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { JSONRPCClient } from 'json-rpc-2.0';
import { Client as RpcWebSocket } from 'rpc-websockets';
import WebSocket from 'ws';

const jayson = createRequire(import.meta.url)('jayson/promise');

// Each gives call(method, params) → result or an error with `code`, notify(method, params), on(method, handler), and
// batch([[method, params], …]) → results where the client has batches.
const CLIENTS = {
  'json-rpc-2.0': async (url) => {
    const socket = new WebSocket(url);
    const handlers = {};
    const client = new JSONRPCClient((request) => socket.send(JSON.stringify(request)));
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.method) handlers[message.method]?.(message.params);
      else client.receive(message);
    });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    let id = 1000;
    return {
      call: (method, params) => client.request(method, params),
      notify: (method, params) => client.notify(method, params),
      on: (method, handler) => (handlers[method] = handler),
      batch: (calls) =>
        client
          .requestAdvanced(calls.map(([method, params]) => ({ jsonrpc: '2.0', id: ++id, method, params })))
          .then((answers) => answers.map((answer) => answer.result)),
      close: () => socket.close(),
    };
  },

  jayson: async (url) => {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const client = jayson.Client.websocket({ ws: socket });
    const handlers = {};
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.method) handlers[message.method]?.(message.params);
    });
    const unpack = ({ error, result }) => {
      if (error) throw error;
      return result;
    };
    return {
      call: (method, params) => client.request(method, params ?? []).then(unpack),
      notify: async (method, params) => client.request(method, params ?? [], null),
      on: (method, handler) => (handlers[method] = handler),
      batch: (calls) =>
        client
          .request(calls.map(([method, params]) => client.request(method, params ?? [], undefined, false)))
          .then((answers) => answers.map(unpack)),
      close: () => socket.close(),
    };
  },

  'rpc-websockets': async (url) => {
    const client = new RpcWebSocket(url, { reconnect: false });
    await new Promise((resolve, reject) => client.on('open', resolve).on('error', reject));
    return {
      call: (method, params) => client.call(method, params),
      notify: (method, params) => client.notify(method, params),
      on: (method, handler) => client.on(method, handler),
      close: () => client.close(),
    };
  },
};

const [name, url, token] = process.argv.slice(2);
const opened = CLIENTS[name](url);
const client = await opened;
const next = (method) => new Promise((resolve) => client.on(method, resolve));
const code = (promise) => promise.then(() => 'no error', (error) => error.code);

assert.equal(await client.call('rpc.ping'), 'pong');
assert.deepEqual(await client.call('rpc.echo', { message: { ü: [1, null] } }), { ü: [1, null] });
assert.ok((await client.call('rpc.listMethods')).includes('channel.publish'));
assert.equal(await code(client.call('nonsense')), -32601);
assert.equal(await code(client.call('rpc.echo', { not: 'it' })), -32602);
assert.equal(await code(client.call('session.getInfo')), -32001);
assert.equal(await code(client.call('auth.authenticate', { token: 'wrong' })), -32001);

const me = `third-${name}`;
const session = await client.call('auth.authenticate', { token, entity_id: me, capabilities: ['chat'] });
assert.equal(session.entity_id, me);
assert.equal((await client.call('session.getInfo')).session_id, session.session_id);
assert.equal((await client.call('presence.get', { entity_id: me })).status, 'online');
assert.ok((await client.call('agent.list')).some((entry) => entry.entity_id === me));

const channel = `third ${name}`;
assert.equal((await client.call('channel.subscribe', { channel })).success, true);
const message = next('channel.message');
const published = await client.call('channel.publish', { channel, message: { text: 'hi' } });
assert.equal(published.recipients, 1);
assert.deepEqual((await message).message, { text: 'hi' });
assert.equal((await message).seq, published.seq);
assert.equal((await client.call('channel.history', { channel })).messages.at(-1).seq, published.seq);

const inbox = next('agent.message');
assert.deepEqual((await client.call('agent.send', { agent_id: me, message: { n: 1 } })).delivered, true);
assert.equal((await inbox).from, me);

const event = next('event');
assert.equal((await client.call('events.subscribe', { topics: [`channels.*`] })).recovered, true);
await client.call('channel.publish', { channel, message: {} });
assert.equal((await event).type, 'channel_message');

await client.notify('presence.update', { status: 'busy' });
await client.notify('heartbeat');
assert.equal((await client.call('presence.get', { entity_id: me })).status, 'busy');
if (client.batch) assert.deepEqual(await client.batch([['rpc.ping'], ['rpc.echo', { message: 7 }]]), ['pong', 7]);

client.close();
console.log('ok');
