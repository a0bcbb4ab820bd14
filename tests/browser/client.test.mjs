// The built client library in Node, over real sockets, against a running fabric (CELL0_URL) or the mock gateway.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { Cell0Client, publish as post, PublishError } from '../../web/dist/client/index.js';
import { eventually } from './browser.mjs';
import { openFabric } from './fabric.mjs';

const WebSocket = createRequire(new URL('../../web/package.json', import.meta.url))('ws');
const kType = 'client_check';

let fabric;
let client;
let notes; // of the events of our type, in order of arrival

before(async () => {
  fabric = await openFabric();
});
after(() => fabric?.close());
beforeEach(() => {
  client = new Cell0Client({ url: `${fabric.url}/cell0d`, WebSocket });
  notes = [];
  client.on('event', ({ event, origin }) => origin === 'live' && event.type === kType && notes.push(event.data.note));
});
afterEach(() => client.disconnect());

const open = () => eventually('open', () => client.state.phase, (phase) => phase === 'open');
const publish = (note) => fabric.publish(kType, { note });

test('events arrive, and a subscription narrows them', async () => {
  client.connect();
  await open();
  await publish('one');
  await eventually('an event', () => notes.length, (n) => n === 1);
  const answer = new Promise((resolve) => client.on('subscription', resolve));
  client.subscribe(['chat_message'], { replace: true });
  assert.deepEqual(await answer, ['chat_message']);
  await publish('unwanted');
  const settled = client.getStats(); // answered after anything that was under way
  await settled;
  assert.deepEqual(notes, ['one']);
});

test('history and figures are answered', async () => {
  client.connect();
  await open();
  await publish('first');
  await publish('second');
  await eventually('both', () => notes.length, (n) => n === 2);
  const events = await client.getHistory({ eventType: kType, limit: 2 });
  assert.deepEqual(events.map(({ data }) => data.note), ['first', 'second']);
  const later = await client.getHistory({ eventType: kType, since: events[0].seq });
  assert.deepEqual(later.map(({ data }) => data.note), ['second']);
  const stats = await client.getStats();
  assert.ok(stats.connected_clients >= 1 && !Number.isNaN(Date.parse(stats.start_time)));
});

test('a pong comes with its round trip', async () => {
  client.connect();
  await open();
  const pong = new Promise((resolve) => client.on('pong', resolve));
  client.ping();
  assert.ok((await pong).roundTripMs >= 0);
});

test('after a lost connection it resumes: nothing is missed, nothing comes twice', async () => {
  client.connect();
  await open();
  await publish('before');
  await eventually('the first', () => notes.length, (n) => n === 1);
  const resumed = new Promise((resolve) => client.on('resumed', resolve));
  fabric.cut();
  await eventually('waiting', () => client.state.phase, (phase) => phase === 'waiting');
  await publish('meanwhile 1');
  await publish('meanwhile 2');
  fabric.mend();
  await open();
  await publish('after');
  await eventually('all', () => notes.length, (n) => n === 4);
  assert.deepEqual(notes, ['before', 'meanwhile 1', 'meanwhile 2', 'after']);
  assert.equal((await resumed).recovered, true);
});

test('a resume with everything and a little more gets both', async () => {
  client.connect();
  await open();
  await publish('before');
  await eventually('the first', () => notes.length, (n) => n === 1);
  client.subscribe(['llm_token']);
  fabric.cut();
  await eventually('waiting', () => client.state.phase, (phase) => phase === 'waiting');
  await publish('meanwhile');
  fabric.mend();
  await open();
  await eventually('what came meanwhile', () => notes.length, (n) => n === 2);
  assert.deepEqual(notes, ['before', 'meanwhile']);
});

test('publishing needs a token, and answers where the event is', { skip: !process.env.CELL0_URL }, async () => {
  const url = process.env.CELL0_URL;
  const token = readFileSync(process.env.CELL0_TOKEN_FILE, 'utf8').trim();
  const draft = { type: kType, source: 'client.test', data: { note: 'posted' } };
  const one = await post(draft, { url, token });
  assert.ok(one.seq > 0 && one.duplicate === false);
  const several = await post([draft, draft], { url, token });
  assert.ok(several.length === 2 && several[0].seq > one.seq && several[1].seq > several[0].seq);
  await assert.rejects(post(draft, { url, token: 'cell0_wrong' }), (error) => {
    return error instanceof PublishError && error.status === 401;
  });
});
