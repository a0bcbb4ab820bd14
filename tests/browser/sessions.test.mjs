// NeolithClient and the hooks against a running fabric (CELL0_URL) with an orchestrator: in Node, with React and with
// Preact, and in a page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, test } from 'node:test';
import { createHooks, NeolithClient, NeolithError } from '../../web/dist/client/index.js';
import { eventually, launch } from './browser.mjs';
import { openFabric } from './fabric.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const WebSocket = require('ws');
const kTask = { type: 'general', description: 'echo', priority: 'medium', status: 'pending' };
const kSpawn = { orchestratorId: 'browser-tests', sessionType: 'demo', task: kTask };
const kBackoff = { baseMs: 50, maxMs: 500 };

let fabric;
let clients = [];

before(async () => {
  fabric = await openFabric();
});
after(() => fabric?.close());
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
  fabric.mend();
});

/** A client behind the proxy that can be cut, connected. */
async function start(options = {}) {
  const client = new NeolithClient({ url: `${fabric.url}/daemon/ws`, WebSocket, backoff: kBackoff, ...options });
  clients.push(client);
  client.connect();
  await eventually('open', () => client.state.phase, (phase) => phase === 'open');
  return client;
}

/** A client with a session of its own; `done()` is what its next task has come to. */
async function startSession() {
  const client = await start();
  const { id } = await client.spawnSession(kSpawn);
  const outcomes = [];
  client.on('task_completed', ({ taskId, result }) => outcomes.push({ taskId, output: result.output }));
  client.on('task_failed', ({ taskId, error }) => outcomes.push({ taskId, error }));
  return { client, id, done: () => eventually('the end of the task', () => outcomes.shift()) };
}

/** What the demo runner says word by word, as a prompt of that many words. */
const prompt = (words) => Array.from({ length: words }, (_, i) => `word${i}`).join(' ');

test('a session runs a task, and is followed from elsewhere from its beginning', async () => {
  const { client, id, done } = await startSession();
  const { taskId } = await client.executeTask({ sessionId: id, task: prompt(5) });
  const outcome = await done();
  assert.equal(outcome.taskId, taskId);
  assert.match(outcome.output, /word0 word1 word2 word3 word4/);
  assert.equal(client.output(id), outcome.output);

  const other = await start();
  await other.follow(id);
  await eventually('what was said before', () => other.output(id), (text) => text === outcome.output);
  assert.equal((await other.getSessionStatus(id)).metrics.tasksCompleted, 1);
  assert.ok((await other.listSessions()).some((session) => session.id === id));
  assert.equal((await other.getDaemonStatus()).status, 'running');
  assert.equal((await client.stopSession(id)).status, 'terminated');
  await eventually('the end, elsewhere', () => other.session(id).status, (status) => status === 'terminated');
});

test('a connection that is cut in the middle of an answer loses none of it', async () => {
  const { client, id, done } = await startSession();
  const chunks = [];
  client.on('stream_chunk', ({ chunk, metadata }) => metadata.type === 'text' && chunks.push(chunk));
  await client.executeTask({ sessionId: id, task: prompt(40) });
  await eventually('the first words', () => chunks.length, Boolean);
  fabric.cut();
  await eventually('waiting', () => client.state.phase, (phase) => phase === 'waiting');
  fabric.mend();
  const { output } = await done();
  assert.equal(client.output(id), output);
  assert.equal(chunks.join(''), output);
});

test('refusals have the server\'s code', async () => {
  const client = await start();
  const has = (code) => (error) => error instanceof NeolithError && error.code === code;
  await assert.rejects(client.getSessionStatus('nobody'), has('unknown_session'));
  await assert.rejects(client.spawnSession({ ...kSpawn, orchestratorId: 7 }), has('invalid'));
});

test('a token is shown first; one that is not taken ends it for good', async () => {
  const token = readFileSync(process.env.CELL0_TOKEN_FILE, 'utf8').trim();
  const client = await start({ token });
  assert.notEqual(client.state.clientId, '');
  assert.equal((await client.spawnSession(kSpawn)).orchestratorId, kSpawn.orchestratorId);
  const other = new NeolithClient({ url: `${fabric.url}/daemon/ws`, WebSocket, token: 'cell0_wrong' });
  clients.push(other);
  const refused = new Promise((resolve) => other.on('state', (state) => state.phase === 'idle' && resolve(state.reason)));
  other.connect();
  assert.match(await refused, /\S/);
});

for (const name of ['React', 'Preact']) {
  test(`useDaemon and useSessionMonitor, with ${name}`, async () => {
    const { JSDOM } = require('jsdom');
    const { window } = new JSDOM('<div id="root"></div>');
    for (const [global, value] of Object.entries({ window, document: window.document, navigator: window.navigator })) {
      Object.defineProperty(globalThis, global, { value, configurable: true });
    }
    const [hooks, { h, draw }] = name === 'React' ? [require('react'), react()] : [require('preact/hooks'), preact()];
    const { useDaemon, useSessionMonitor } = createHooks(hooks, { url: `${fabric.url}/daemon/ws`, WebSocket, backoff: kBackoff });
    let daemon;
    const Monitor = ({ id }) => h('pre', null, useSessionMonitor(id).streamOutput);
    const Sessions = () => {
      daemon = useDaemon({ autoConnect: true });
      return h('div', null, ...daemon.sessions.map(({ id, status }) => h('p', { key: id, id }, `${status} `, h(Monitor, { id }))));
    };
    const undraw = draw(h(Sessions), window.document.getElementById('root'));
    await eventually('connected', () => daemon?.connected);
    const { id } = await daemon.spawnSession(kSpawn);
    await daemon.executeTask({ sessionId: id, task: prompt(6) });
    const shown = () => window.document.getElementById(id)?.textContent ?? '';
    await eventually('the answer', shown, (text) => /running .*word0 word1 word2 word3 word4 word5/.test(text));
    await daemon.stopSession(id);
    await eventually('a session less', shown, (text) => text === '');
    assert.equal(daemon.error, null);
    undraw();
  });
}

function react() {
  const { createElement } = require('react');
  const { createRoot } = require('react-dom/client');
  return {
    h: createElement,
    draw(element, container) {
      const root = createRoot(container);
      root.render(element);
      return () => root.unmount();
    },
  };
}

function preact() {
  const { h, render } = require('preact');
  return {
    h,
    draw(element, container) {
      render(element, container);
      return () => render(null, container);
    },
  };
}

test('in a page: the same library, served by the gateway', async () => {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(fabric.url);
    const result = await page.evaluate(async (spawn) => {
      const { NeolithClient } = await import('/client/index.js');
      const client = new NeolithClient({ url: new URL('/daemon/ws', location.href).href });
      const once = (name, accepts) => new Promise((resolve) => client.on(name, (value) => accepts(value) && resolve(value)));
      const open = once('state', ({ phase }) => phase === 'open');
      client.connect();
      await open;
      const { id } = await client.spawnSession(spawn);
      const completed = once('task_completed', () => true);
      await client.executeTask({ sessionId: id, task: 'hello page' });
      const { result } = await completed;
      const said = client.output(id);
      client.disconnect();
      return { output: result.output, said };
    }, kSpawn);
    assert.match(result.output, /hello page/);
    assert.equal(result.said, result.output);
  } finally {
    await browser.close();
  }
});
