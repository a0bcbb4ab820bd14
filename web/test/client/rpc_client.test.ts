// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import {
  JsonRpcClient,
  RpcConnectionError,
  RpcError,
  RpcTimeoutError,
  type RpcClientOptions,
  type RpcSignals,
} from '../../src/client/index.js';
import { FakeRpc, settle } from '../support/fake_rpc.js';
import { ManualClock } from '../support/manual_clock.js';

let server: FakeRpc;
let clock: ManualClock;
let client: JsonRpcClient;
let heard: [keyof RpcSignals, unknown][];

beforeEach(() => {
  server = new FakeRpc();
  clock = new ManualClock();
  heard = [];
});

function start(options: Partial<RpcClientOptions> = {}): JsonRpcClient {
  client = new JsonRpcClient({
    url: 'http://host:8080/rpc', WebSocket: server.WebSocket, clock, random: () => 0.5, ...options,
  });
  const names = [
    'state', 'event', 'resumed', 'skipped', 'channelMessage', 'channelRecovered', 'agentMessage', 'presence',
    'presenceSnapshot', 'notification', 'pong', 'error', 'ignored', 'authenticated',
  ] as const;
  for (const name of names) client.on(name, (value: unknown) => heard.push([name, value]));
  client.connect();
  return client;
}

function open(options: Partial<RpcClientOptions> = {}): JsonRpcClient {
  start(options);
  server.welcome();
  return client;
}

/** Loses the connection and has the next one welcomed. */
function reconnect(): void {
  server.socket.drop();
  client.retryNow();
  server.welcome();
}

const all = <Name extends keyof RpcSignals>(name: Name) =>
  heard.filter(([other]) => other === name).map(([, value]) => value as RpcSignals[Name]);

describe('opening', () => {
  it('is open at the welcome, without a token', () => {
    start();
    expect(server.socket.url.href).toBe('ws://host:8080/rpc');
    server.welcome();
    expect(client.state).toMatchObject({ phase: 'open', clientId: 'conn_1' });
  });

  it('authenticates first, and is open then', () => {
    open({ token: 'cell0_x', identity: { entity_type: 'agent', durable: true } });
    expect(client.state.phase).toBe('connecting');
    const request = server.request('auth.authenticate');
    expect(request.params).toEqual({ token: 'cell0_x', entity_type: 'agent', durable: true });
    server.answer(request, { success: true, session_id: 's', entity_id: 'a1', entity_type: 'agent' });
    expect(client.state.phase).toBe('open');
    expect(all('authenticated')).toMatchObject([{ entity_id: 'a1' }]);
  });

  it('ends for good at a refused token, and tries again when the server is only busy', async () => {
    open({ token: 'cell0_x' });
    server.refuse(server.request('auth.authenticate'), -32003, 'too many');
    await settle();
    expect(client.state).toMatchObject({ phase: 'waiting', reason: 'auth.authenticate: too many (-32003)' });
    client.retryNow();
    server.welcome();
    server.refuse(server.request('auth.authenticate'), -32001, 'expired');
    await settle();
    expect(client.state).toEqual({ phase: 'idle', reason: 'auth.authenticate: expired (-32001)' });
  });

  it('ends for good when another connection has taken over its inbox', () => {
    open();
    server.socket.drop(4009);
    expect(client.state).toEqual({ phase: 'idle', reason: 'another connection has taken over' });
  });

  it('gives up on a server that does not answer the authentication', async () => {
    open({ token: 'cell0_x' });
    clock.advance(10_000);
    await settle();
    expect(client.state.phase).toBe('waiting');
  });
});

describe('calls', () => {
  it('get their answers, in whatever order', async () => {
    open();
    const [one, two] = [client.call('rpc.echo', { message: 1 }), client.call('x.y', { a: 2 })];
    const requests = server.requests();
    expect(requests).toMatchObject([
      { jsonrpc: '2.0', method: 'rpc.echo', params: { message: 1 } },
      { jsonrpc: '2.0', method: 'x.y', params: { a: 2 } },
    ]);
    server.answer(requests[1]!, 'two');
    server.answer(requests[0]!, 'one');
    expect(await Promise.all([one, two])).toEqual(['one', 'two']);
  });

  it('reject with the server’s code, words and data', async () => {
    open();
    const call = client.call('x.y');
    server.refuse(server.request('x.y'), -32601, 'Method not found', { method: 'x.y' });
    const error = await call.catch((error: unknown) => error as RpcError);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({
      method: 'x.y', code: -32601, detail: 'Method not found', data: { method: 'x.y' },
    });
  });

  it('time out, and a late answer harms nobody', async () => {
    open();
    const call = client.call('rpc.ping', {}, { timeoutMs: 500 });
    const request = server.request('rpc.ping');
    clock.advance(500);
    await expect(call).rejects.toThrow(RpcTimeoutError);
    server.answer(request, 'pong');
    expect(client.state.phase).toBe('open');
  });

  it('reject without a connection, and with its loss, saying whether anything was sent', async () => {
    start();
    await expect(client.call('rpc.ping')).rejects.toMatchObject({ sent: false });
    server.welcome();
    const call = client.call('rpc.ping');
    server.socket.drop();
    const error = await call.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RpcConnectionError);
    expect(error).toMatchObject({ sent: true });
  });

  it('are bounded', async () => {
    open();
    const calls = Array.from({ length: 1024 }, () => client.call('rpc.ping'));
    await expect(client.call('rpc.ping')).rejects.toThrow('1024 calls are unanswered');
    client.disconnect();
    expect((await Promise.allSettled(calls)).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('in a batch leave in one message and have one outcome each', async () => {
    open();
    const batch = client.batch([
      { method: 'rpc.ping' }, { method: 'heartbeat', notify: true }, { method: 'x.y', params: { a: 1 } },
    ]);
    expect(server.socket.sent).toHaveLength(1);
    const requests = server.requests();
    expect(requests.map(({ method, id }) => [method, id !== undefined])).toEqual([
      ['rpc.ping', true], ['heartbeat', false], ['x.y', true],
    ]);
    server.socket.say([
      { jsonrpc: '2.0', id: requests[2]!.id, error: { code: -32602, message: 'params' } },
      { jsonrpc: '2.0', id: requests[0]!.id, result: 'pong' },
    ]);
    expect(await batch).toMatchObject([{ ok: true, result: 'pong' }, { ok: false, error: { code: -32602 } }]);
  });

  it('notifications have no id and no answer', () => {
    open();
    expect(client.notify('heartbeat')).toBe(true);
    expect(server.socket.sent).toEqual([{ jsonrpc: '2.0', method: 'heartbeat', params: {} }]);
    client.disconnect();
    expect(client.notify('heartbeat')).toBe(false);
  });
});

describe('keep-alive', () => {
  it('pings every 25 s and reports the round trip', () => {
    open();
    clock.advance(25_000);
    const ping = server.request('rpc.ping');
    clock.advance(7);
    server.answer(ping, 'pong');
    expect(all('pong')).toEqual([{ roundTripMs: 7 }]);
  });
});

describe('events', () => {
  const event = (seq: number) => ({ type: 'chat_message', data: {}, source: 's', timestamp: 't', seq });
  const seqs = () => all('event').map(({ seq }) => seq);

  it('arrive once subscribed, and go on after the newest over a reconnect', async () => {
    open();
    const subscribed = client.events.subscribe({ types: ['chat_*'], min_priority: 4 });
    server.notify('event', event(3)); // of nothing that was asked for here
    server.answer(server.request('events.subscribe'), { success: true, recovered: true, first_seq: null, last_seq: null });
    await subscribed;
    server.notify('event', event(5));
    server.notify('event', event(9));
    reconnect();
    const request = server.request('events.subscribe');
    expect(request.params).toEqual({ types: ['chat_*'], min_priority: 4, since: 9 });
    server.answer(request, { success: true, recovered: true, first_seq: 10, last_seq: 10 });
    server.notify('event', event(10));
    expect(seqs()).toEqual([5, 9, 10]);
    expect(all('resumed')).toMatchObject([{ recovered: true }]);
  });

  it('may be asked for before there is a connection', async () => {
    client = start();
    const subscribed = client.events.subscribe({}, { since: 7 });
    server.welcome();
    const request = server.request('events.subscribe');
    expect(request.params).toEqual({ since: 7 });
    server.answer(request, { success: true, recovered: false, first_seq: 2, last_seq: 2 });
    server.notify('event', event(2)); // a server that has begun anew
    expect(await subscribed).toMatchObject({ recovered: false });
    expect(seqs()).toEqual([2]);
  });

  it('a listener that subscribes when it is open does so once', () => {
    start();
    client.on('state', ({ phase }) => phase === 'open' && void client.events.subscribe());
    server.welcome();
    server.request('events.subscribe');
  });

  it('a refused subscription is over', async () => {
    open();
    const subscribed = client.events.subscribe({ topics: ['control.>'] });
    server.refuse(server.request('events.subscribe'), -32002, 'not permitted');
    await expect(subscribed).rejects.toMatchObject({ code: -32002 });
    expect(all('error')).toHaveLength(1);
    reconnect();
    expect(server.requests()).toEqual([]);
  });

  it('another subscription takes the place of the first, also while that is under way', async () => {
    open();
    const first = client.events.subscribe({ types: ['a'] });
    const second = client.events.subscribe({ types: ['b'] });
    const [one, two] = server.requests();
    server.refuse(one!, -32602, 'no');
    server.answer(two!, { success: true, recovered: true, first_seq: null, last_seq: null });
    await expect(first).rejects.toThrow('took its place');
    await second;
    reconnect();
    expect(server.request('events.subscribe').params).toEqual({ types: ['b'] });
  });

  it('end with unsubscribe()', () => {
    open();
    void client.events.subscribe();
    void client.events.unsubscribe();
    expect(server.requests().map(({ method }) => method)).toEqual(['events.subscribe', 'events.unsubscribe']);
    reconnect();
    expect(server.requests()).toEqual([]);
  });

  it('skipped ones are told', () => {
    open();
    const notice = { from_seq: 1, to_seq: 4, priority_above: 5, count: 2, reason: 'slow', subscription: 'events' };
    server.notify('events.skipped', notice);
    expect(all('skipped')).toEqual([notice]);
  });
});

describe('channels', () => {
  const seqs = () => all('channelMessage').map(({ seq }) => seq);
  const say = (seq: number, channel = 'c') => server.notify('channel.message', server.channelMessage(channel, seq));
  const page = (seqs: number[], recovered = true) => ({
    messages: seqs.map((seq) => server.channelMessage('c', seq)), recovered,
  });

  /** Answers the newest channel.subscribe and the question for the newest message behind it. */
  async function subscribed(newest: number[]): Promise<void> {
    server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
    await settle();
    const question = server.request('channel.history');
    expect(question.params).toEqual({ channel: 'c', limit: 1 });
    server.answer(question, page(newest));
    await settle();
  }

  it('deliver what arrives, from the subscription on', async () => {
    open();
    const done = client.channels.subscribe('c');
    await subscribed([4]);
    await done;
    say(6);
    say(6);
    say(8, 'unknown');
    expect(seqs()).toEqual([6]);
  });

  it('deliver what arrives before the position is known', async () => {
    open();
    void client.channels.subscribe('c');
    server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
    say(6);
    await settle();
    server.answer(server.request('channel.history'), page([6]));
    await settle();
    expect(seqs()).toEqual([6]);
  });

  it('after a reconnect fetch what was missed, page by page, before what arrives', async () => {
    open();
    void client.channels.subscribe('c');
    await subscribed([4]);
    say(6);
    reconnect();
    server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
    say(12);
    for (const [since, seqs] of [[6, [7, 9]], [9, [10, 12]], [12, []]] as const) {
      await settle();
      const question = server.request('channel.history');
      expect(question.params).toMatchObject({ channel: 'c', since });
      server.answer(question, page([...seqs]));
    }
    await settle();
    say(13);
    expect(seqs()).toEqual([6, 7, 9, 10, 12, 13]);
    expect(all('channelRecovered')).toEqual([{ channel: 'c', recovered: true }]);
  });

  it('miss nothing of a channel on which nothing was said before the reconnect', async () => {
    open();
    void client.channels.subscribe('c');
    await subscribed([]);
    reconnect();
    server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
    await settle();
    const question = server.request('channel.history');
    expect(question.params).toMatchObject({ since: 0 });
    server.answer(question, page([5]));
    await settle();
    server.answer(server.request('channel.history'), page([]));
    await settle();
    expect(seqs()).toEqual([5]);
  });

  it('say when something is no longer held, or may not be read', async () => {
    open();
    void client.channels.subscribe('c');
    await subscribed([4]);
    for (const answer of [
      () => server.answer(server.request('channel.history'), page([], false)),
      () => server.refuse(server.request('channel.history'), -32002),
    ]) {
      reconnect();
      server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
      await settle();
      answer();
      await settle();
    }
    say(20);
    expect(all('channelRecovered').map(({ recovered }) => recovered)).toEqual([false, false]);
    expect(seqs()).toEqual([20]);
  });

  it('fetch what the server skipped while they were fetching', async () => {
    open();
    void client.channels.subscribe('c');
    await subscribed([4]);
    const notice = { from_seq: 5, to_seq: 7, reason: 'slow', subscription: 'channel' };
    server.notify('events.skipped', notice);
    const first = server.request('channel.history');
    server.notify('events.skipped', { ...notice, from_seq: 8, to_seq: 9 });
    say(12);
    server.answer(first, page([]));
    await settle();
    server.answer(server.request('channel.history'), page([9]));
    await settle();
    server.answer(server.request('channel.history'), page([]));
    await settle();
    expect(seqs()).toEqual([9, 12]);
  });

  it('fetch what the server skipped', async () => {
    open();
    void client.channels.subscribe('c');
    await subscribed([4]);
    server.notify('events.skipped', { from_seq: 5, to_seq: 7, reason: 'slow', subscription: 'channel' });
    say(8);
    server.answer(server.request('channel.history'), page([5, 7]));
    await settle();
    server.answer(server.request('channel.history'), page([]));
    await settle();
    expect(seqs()).toEqual([5, 7, 8]);
  });

  it('catch up from the history what does not fit into the queue', async () => {
    open();
    void client.channels.subscribe('c');
    await subscribed([4]);
    reconnect();
    server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
    await settle();
    for (let seq = 100; seq < 10_102; ++seq) say(seq);
    server.answer(server.request('channel.history'), page([]));
    await settle();
    const rest = Array.from({ length: 10_002 }, (_, i) => 100 + i);
    server.answer(server.request('channel.history'), page(rest));
    await settle();
    server.answer(server.request('channel.history'), page([]));
    await settle();
    expect(seqs()).toEqual(rest);
  });

  it('a loss while catching up begins the catching up anew', async () => {
    open();
    void client.channels.subscribe('c');
    await subscribed([4]);
    reconnect();
    server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
    await settle();
    server.answer(server.request('channel.history'), page([6]));
    await settle();
    reconnect();
    server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
    await settle();
    const question = server.request('channel.history');
    expect(question.params).toMatchObject({ since: 6 });
    server.answer(question, page([]));
    await settle();
    say(7);
    expect(seqs()).toEqual([6, 7]);
  });

  it('a server that does not answer a renewed subscription is left for another connection', async () => {
    open();
    void client.channels.subscribe('c');
    clock.advance(10_000);
    await settle();
    expect(client.state.phase).toBe('waiting');
  });

  it('a server that cannot now is asked again on another connection', async () => {
    open();
    const done = client.channels.subscribe('c');
    server.refuse(server.request('channel.subscribe'), -32000, 'the broker is away');
    await settle();
    expect(client.state).toMatchObject({ phase: 'waiting', reason: 'channel.subscribe: the broker is away (-32000)' });
    client.retryNow();
    server.welcome();
    server.answer(server.request('channel.subscribe'), { success: true, channel: 'c' });
    await settle();
    server.refuse(server.request('channel.history'), -32004, 'no answer in time');
    await settle();
    expect(client.state.phase).toBe('waiting');
    client.retryNow();
    server.welcome();
    await subscribed([4]);
    await done;
    expect(all('error')).toEqual([]);
  });

  it('in great number ask for their history in turns', async () => {
    open();
    const names = Array.from({ length: 20 }, (_, i) => `c${i}`);
    const done = Promise.all(names.map((name) => client.channels.subscribe(name)));
    for (const request of server.requests()) server.answer(request, { success: true, channel: 'c' });
    const asked: unknown[] = [];
    for (const count of [8, 8, 4]) {
      await settle();
      const questions = server.requests();
      expect(questions).toHaveLength(count);
      for (const question of questions) {
        asked.push(question.params['channel']);
        server.answer(question, page([]));
      }
    }
    await done;
    expect(asked).toEqual(names);
  });

  it('a loss with many questions open loses none of them', async () => {
    open();
    const names = Array.from({ length: 20 }, (_, i) => `c${i}`);
    const done = Promise.all(names.map((name) => client.channels.subscribe(name)));
    for (const request of server.requests()) server.answer(request, { success: true, channel: 'c' });
    await settle();
    server.socket.drop();
    await settle();
    client.retryNow();
    server.welcome();
    for (const request of server.requests()) server.answer(request, { success: true, channel: 'c' });
    for (let i = 0; i < 10; ++i) {
      await settle();
      for (const question of server.requests()) server.answer(question, page([]));
    }
    await done;
  });

  it('end with unsubscribe(), and publish() and history() are plain calls', async () => {
    open();
    void client.channels.subscribe('c');
    await subscribed([]);
    void client.channels.unsubscribe('c');
    server.request('channel.unsubscribe');
    say(5);
    expect(seqs()).toEqual([]);
    const published = client.channels.publish('d', { text: 'hi' });
    const request = server.request('channel.publish');
    expect(request.params).toEqual({ channel: 'd', message: { text: 'hi' } });
    server.answer(request, { success: true, recipients: 3, seq: 9 });
    expect(await published).toMatchObject({ recipients: 3, seq: 9 });
    void client.channels.history('d', { limit: 5 }).catch(() => {});
    expect(server.request('channel.history').params).toEqual({ channel: 'd', limit: 5 });
    reconnect();
    expect(server.requests()).toEqual([]);
  });
});

describe('agents', () => {
  const say = (seq: number) => server.notify('agent.message', { from: 'b', message: { n: seq }, timestamp: 't', seq });

  it('get their messages; what was not acknowledged comes again, marked', async () => {
    open();
    const seen: [number, boolean][] = [];
    client.agents.onMessage(({ seq, again }) => seen.push([seq, again]));
    say(3);
    say(5);
    const acked = client.agents.ack(3);
    server.answer(server.request('agent.ack'), { success: true });
    await acked;
    reconnect();
    say(3);
    say(5);
    say(6);
    expect(seen).toEqual([[3, false], [5, false], [5, true], [6, false]]);
  });

  it('send by name', () => {
    open();
    void client.agents.send('b', { text: 'hi' }).catch(() => {});
    expect(server.request('agent.send').params).toEqual({ agent_id: 'b', message: { text: 'hi' } });
  });
});

describe('presence', () => {
  it('is watched, and said again after a reconnect', async () => {
    open();
    const watched = client.presence.subscribe({ entity_type: 'agent' });
    server.answer(server.request('presence.subscribe'), [{ entity_id: 'a' }]);
    expect(await watched).toMatchObject([{ entity_id: 'a' }]);
    const updated = client.presence.update({ status: 'busy' });
    server.answer(server.request('presence.update'), { success: true });
    await updated;
    server.notify('presence.changed', { entity_id: 'a', entity_type: 'agent', status: 'away', timestamp: 't' });
    expect(all('presence')).toMatchObject([{ status: 'away' }]);
    reconnect();
    const requests = server.requests();
    expect(requests.map(({ method, params }) => [method, params])).toEqual([
      ['presence.update', { status: 'busy' }], ['presence.subscribe', { entity_type: 'agent' }],
    ]);
    server.answer(requests[1]!, []);
    expect(all('presenceSnapshot')).toEqual([[{ entity_id: 'a' }], []]);
  });
});

describe('what does not fit', () => {
  it.each([
    ['not JSON', 'not JSON'],
    ['"text"', 'not JSON-RPC 2.0'],
    ['{"jsonrpc":"2.0","id":1}', 'neither a response nor a notification'],
    ['{"jsonrpc":"2.0","method":"event","params":{"seq":1}}', 'event: "type" is missing or of the wrong type'],
    ['{"jsonrpc":"2.0","method":"event","params":[]}', 'event: "params" is not an object'],
  ])('%s is told and ignored', (text, reason) => {
    open();
    server.socket.sayText(text);
    expect(all('ignored')).toEqual([{ reason }]);
    expect(client.state.phase).toBe('open');
  });

  it('a notification of a later server is told, an error without an id, too', () => {
    open();
    server.notify('new.thing', { a: 1 });
    server.socket.say({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } });
    expect(all('notification')).toEqual([{ method: 'new.thing', params: { a: 1 } }]);
    expect(all('error')).toMatchObject([{ code: -32700 }]);
  });
});
