// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { Cell0Client, isEvent, type ClientOptions, type ClientSignals } from '../../src/client/index.js';
import { event, FakeServer } from '../support/fake_server.js';
import { ManualClock } from '../support/manual_clock.js';

let server: FakeServer;
let clock: ManualClock;
let heard: [keyof ClientSignals, unknown][];

beforeEach(() => {
  server = new FakeServer();
  clock = new ManualClock();
  heard = [];
});

function start(options: Partial<ClientOptions> = {}): Cell0Client {
  const client = new Cell0Client({
    url: 'http://host:8080/cell0d', WebSocket: server.WebSocket, clock, random: () => 0.5, ...options,
  });
  const names = ['state', 'welcome', 'event', 'resumed', 'skipped', 'subscription', 'pong', 'error', 'ignored'] as const;
  for (const name of names) client.on(name, (value: unknown) => heard.push([name, value]));
  client.connect();
  return client;
}

function open(options: Partial<ClientOptions> = {}): Cell0Client {
  const client = start(options);
  server.socket.welcome();
  return client;
}

const all = (name: keyof ClientSignals) => heard.filter(([other]) => other === name).map(([, value]) => value);
const seqs = () => (all('event') as ClientSignals['event'][]).map(({ event: { seq } }) => seq);

describe('opening', () => {
  it('connects with the WebSocket scheme and is open at the welcome, not before', () => {
    const client = start();
    expect(server.socket.url.href).toBe('ws://host:8080/cell0d');
    server.socket.accept();
    expect(client.state.phase).toBe('connecting');
    server.socket.welcome();
    expect(client.state).toEqual({ phase: 'open', clientId: 'c1', openedAt: clock.now() });
  });

  it('shows its token as a subprotocol, never in the address', () => {
    start({ token: 'cell0_abc' });
    expect(server.socket.protocols).toEqual(['cell0', 'cell0.token.cell0_abc']);
    expect(server.socket.url.href).not.toContain('abc');
  });

  it('says its filter in the address', () => {
    start({ types: ['llm_*', 'chat_message'], minPriority: 4, sources: ['a', 'b'], sessionId: 's', since: 7 });
    expect(Object.fromEntries(server.socket.url.searchParams)).toEqual({
      types: 'llm_*,chat_message', min_priority: '4', sources: 'a,b', session_id: 's', since: '7',
    });
  });

  it('gives up on a server that accepts and stays silent', () => {
    const client = start();
    server.socket.accept();
    clock.advance(10_000);
    expect(client.state).toMatchObject({ phase: 'waiting', reason: 'no answer within 10000 ms' });
  });

  it('is given up at once where no connection can be made', () => {
    class Refusing {
      constructor() {
        throw new SyntaxError('no subprotocol');
      }
    }
    const client = start({ WebSocket: Refusing as unknown as NonNullable<ClientOptions['WebSocket']> });
    expect(client.state).toEqual({ phase: 'idle', reason: 'no subprotocol' });
    clock.advance(60_000);
    client.connect();
    expect(client.state.phase).toBe('idle');
  });

  it('takes types into account that were asked for while it connected', () => {
    const client = start({ types: ['chat_message'] });
    client.subscribe(['log_stream']);
    server.socket.accept();
    expect(server.socket.sent).toEqual([]);
    server.socket.welcome();
    expect(server.socket.sent).toEqual([
      { type: 'subscribe', event_types: ['chat_message', 'log_stream'], replace: true },
    ]);
  });

  it('a second connect() opens no second connection', () => {
    open().connect();
    expect(server.sockets).toHaveLength(1);
  });
});

describe('events', () => {
  it('come once and in order, the opening history marked as such', () => {
    open();
    server.socket.say({ type: 'event_history', events: [event(1), event(4)], count: 2, note: 'Recent events' });
    server.socket.event(4);
    server.socket.event(6);
    expect(seqs()).toEqual([1, 4, 6]);
    expect(all('event')).toMatchObject([{ origin: 'history' }, { origin: 'history' }, { origin: 'live' }]);
  });

  it('without a seq (an old server) come always', () => {
    open();
    const { seq: _, ...old } = event(1);
    server.socket.say({ type: 'event', event: old });
    server.socket.say({ type: 'event', event: old });
    expect(all('event')).toHaveLength(2);
  });

  it('are narrowed to their type', () => {
    const chat = event(1, 'chat_message', { message: 'hi', sender: 'ada', channel: 'general', metadata: {} });
    expect(isEvent(chat, 'chat_message') && chat.data.sender).toBe('ada');
    expect(isEvent(chat, 'heartbeat')).toBe(false);
  });
});

describe('reconnecting', () => {
  it('waits with backoff and full jitter, longer at each attempt, and says when', () => {
    const client = open();
    const waits = [];
    for (let i = 0; i < 9; i += 1) {
      server.socket.drop();
      if (client.state.phase !== 'waiting') throw new Error(client.state.phase);
      waits.push(client.state.retryAt - clock.now());
      clock.advance(client.state.retryAt - clock.now());
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(client.state).toMatchObject({ phase: 'connecting', attempt: 10 });
  });

  it('starts its backoff anew only after a connection that lasted', () => {
    const client = open();
    server.socket.drop();
    clock.advance(250);
    server.socket.welcome();
    server.socket.drop();
    expect(client.state).toMatchObject({ phase: 'waiting', attempt: 3 });
    clock.advance(500);
    server.socket.welcome();
    clock.advance(5_000);
    server.socket.drop();
    expect(client.state).toMatchObject({ phase: 'waiting', attempt: 1, retryAt: clock.now() + 250 });
  });

  it('resumes after the newest event and drops what it had', () => {
    open();
    server.socket.event(10);
    server.socket.drop();
    clock.advance(250);
    expect(server.socket.url.searchParams.get('since')).toBe('10');
    server.socket.welcome();
    server.socket.say({ type: 'events_resumed', recovered: true, first_seq: 12, last_seq: 13 });
    for (const seq of [10, 12, 13, 13, 14]) server.socket.event(seq);
    expect(seqs()).toEqual([10, 12, 13, 14]);
    expect(all('resumed')).toEqual([{ type: 'events_resumed', recovered: true, first_seq: 12, last_seq: 13 }]);
  });

  it('takes lower numbers from a server that does not know its position', () => {
    const client = open();
    server.socket.event(1_000);
    server.socket.drop();
    clock.advance(250);
    server.socket.welcome();
    server.socket.say({ type: 'events_resumed', recovered: false, first_seq: null, last_seq: null });
    expect(client.lastSeq).toBe(1_000);
    server.socket.event(5);
    server.socket.event(5);
    server.socket.event(6);
    expect(seqs()).toEqual([1_000, 5, 6]);
    expect(client.lastSeq).toBe(6);
  });

  it('does not wait when told not to', () => {
    const client = open();
    server.socket.drop(1001);
    expect(client.state).toMatchObject({ phase: 'waiting', reason: 'the server is restarting' });
    client.retryNow();
    expect(client.state.phase).toBe('connecting');
    clock.advance(9_000); // the cancelled wait opens nothing of its own
    expect(server.sockets).toHaveLength(2);
  });

  it('ends for good at a refused token', () => {
    const client = open({ token: 'bad' });
    server.socket.drop(4001);
    clock.advance(3_600_000);
    expect(client.state).toEqual({ phase: 'idle', reason: 'the token was refused' });
    expect(server.sockets).toHaveLength(1);
  });

  it('ends at disconnect(), and a later connect() resumes', () => {
    const client = open();
    server.socket.event(3);
    const left = server.socket;
    client.disconnect();
    expect(left.closedWith).toBe(1000);
    left.event(4); // too late: not delivered
    clock.advance(3_600_000);
    expect(client.state).toEqual({ phase: 'idle' });
    client.connect();
    expect(server.socket.url.searchParams.get('since')).toBe('3');
    expect(seqs()).toEqual([3]);
  });

  it('lets a listener disconnect at any state', () => {
    const client = start();
    client.on('state', ({ phase }) => phase === 'waiting' && client.disconnect());
    server.socket.welcome();
    server.socket.drop();
    expect(client.state.phase).toBe('idle');
    clock.advance(60_000);
    expect(server.sockets).toHaveLength(1);
  });
});

describe('keep-alive', () => {
  it('pings every 25 s and reports the round trip', () => {
    open();
    clock.advance(25_000);
    expect(server.socket.sent).toEqual([{ type: 'ping', sequence: 1 }]);
    clock.advance(12);
    server.socket.say({ type: 'pong', sequence: 1, timestamp: 't', client_id: 'c1' });
    expect(all('pong')).toEqual([{ sequence: 1, roundTripMs: 12 }]);
  });

  it('drops a connection on which nothing follows a ping', () => {
    const client = open();
    clock.advance(35_000);
    expect(client.state).toMatchObject({ phase: 'waiting', reason: 'silent for 10000 ms after a ping' });
  });

  it('keeps one on which anything follows a ping', () => {
    const client = open();
    for (let i = 0; i < 10; i += 1) {
      clock.advance(25_000);
      server.socket.say({ type: 'ping', timestamp: 't', sequence: i });
    }
    expect(client.state.phase).toBe('open');
  });
});

describe('subscriptions', () => {
  it('are sent, answered, and kept over a reconnect', () => {
    const client = open();
    client.subscribe(['chat_message'], { replace: true });
    client.subscribe(['llm_*']);
    client.unsubscribe(['chat_message']);
    expect(server.socket.sent).toEqual([
      { type: 'subscribe', event_types: ['chat_message'], replace: true },
      { type: 'subscribe', event_types: ['llm_*'] },
      { type: 'unsubscribe', event_types: ['chat_message'] },
    ]);
    server.socket.say({ type: 'subscription_updated', subscribed_events: ['llm_*'] });
    expect(all('subscription')).toEqual([['llm_*']]);
    server.socket.drop();
    clock.advance(250);
    expect(server.socket.url.searchParams.get('types')).toBe('llm_*');
  });

  it('to nothing are said after the welcome, since an address cannot', () => {
    const client = open();
    client.unsubscribe(['all']);
    server.socket.drop();
    clock.advance(250);
    server.socket.welcome();
    expect(server.socket.sent).toEqual([{ type: 'unsubscribe', event_types: ['all'] }]);
    expect(client.subscribedTypes).toEqual([]);
  });
});

describe('requests', () => {
  it('get their answers in order, apart from the opening history', async () => {
    const client = open();
    const first = client.getHistory({ eventType: 'chat_message', limit: 1 });
    const second = client.getHistory({ since: 4 });
    const stats = client.getStats();
    expect(server.socket.sent).toEqual([
      { type: 'get_history', event_type: 'chat_message', limit: 1 },
      { type: 'get_history', since: 4 },
      { type: 'get_stats' },
    ]);
    server.socket.say({ type: 'event_history', events: [event(1)], count: 1, note: 'Recent events' });
    server.socket.say({ type: 'server_stats', stats: { connected_clients: 2 } });
    server.socket.say({ type: 'event_history', events: [event(2)], count: 1 });
    server.socket.say({ type: 'event_history', events: [event(5)], count: 1 });
    expect(await first).toMatchObject([{ seq: 2 }]);
    expect(await second).toMatchObject([{ seq: 5 }]);
    expect(await stats).toEqual({ connected_clients: 2 });
    expect(seqs()).toEqual([1]); // what was asked for is no part of the stream
  });

  it('time out, and a late answer is not taken for the next one', async () => {
    const client = open();
    const late = client.getHistory();
    clock.advance(10_000);
    await expect(late).rejects.toThrow('get_history: no answer within 10000 ms');
    const next = client.getHistory();
    server.socket.say({ type: 'event_history', events: [event(1)], count: 1 });
    server.socket.say({ type: 'event_history', events: [event(2)], count: 1 });
    expect(await next).toMatchObject([{ seq: 2 }]);
  });

  it('fail with the server’s words, with the connection, and without one', async () => {
    const client = open();
    const refused = client.getHistory({ limit: -1 });
    server.socket.say({ type: 'error', error: 'limit: -1 is negative' });
    await expect(refused).rejects.toThrow('limit: -1 is negative');
    const lost = client.getStats();
    server.socket.drop();
    await expect(lost).rejects.toThrow('connection lost');
    await expect(client.getStats()).rejects.toThrow('get_stats: not connected');
  });

  it('are bounded', async () => {
    const client = open();
    const asked = Array.from({ length: 65 }, () => client.getStats().catch((error: Error) => error.message));
    expect(await asked[64]).toBe('get_stats: 64 requests are unanswered');
    client.disconnect();
    expect(await asked[0]).toBe('disconnected');
  });
});

describe('notices and faults', () => {
  it('skipped is told as it came', () => {
    open();
    const notice = { type: 'events_skipped', from_seq: 3, to_seq: 9, priority_above: 5, count: null, reason: 'slow' };
    server.socket.say(notice);
    expect(all('skipped')).toEqual([notice]);
  });

  it('errors of the server and nonsense are told, and end nothing', () => {
    const client = open();
    server.socket.say({ type: 'error', error: 'Unknown message type: x' });
    server.socket.sayText('{');
    server.socket.say({ type: 'novelty' });
    expect(all('error')).toEqual([{ error: 'Unknown message type: x' }]);
    expect(all('ignored')).toEqual([{ reason: 'not JSON' }, { reason: 'message type "novelty"' }]);
    expect(client.state.phase).toBe('open');
  });
});
