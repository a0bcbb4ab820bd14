// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import {
  NeolithClient,
  NeolithError,
  RpcConnectionError,
  RpcTimeoutError,
  type NeolithClientOptions,
  type NeolithSignals,
} from '../../src/client/index.js';
import { FakeNeolith, session } from '../support/fake_neolith.js';
import { settle } from '../support/fake_rpc.js';
import { ManualClock } from '../support/manual_clock.js';

let server: FakeNeolith;
let clock: ManualClock;
let client: NeolithClient;
let heard: [keyof NeolithSignals, unknown][];

beforeEach(() => {
  server = new FakeNeolith();
  clock = new ManualClock();
  heard = [];
});

function start(options: Partial<NeolithClientOptions> = {}): NeolithClient {
  client = new NeolithClient({
    url: 'http://host:8787/', WebSocket: server.WebSocket, clock, random: () => 0.5, ...options,
  });
  const names = [
    'state', 'session_spawned', 'session_status_update', 'task_executing', 'stream_start', 'stream_chunk', 'stream_end',
    'tool_call_start', 'tool_call_result', 'task_completed', 'task_failed', 'followed', 'skipped', 'pong', 'error',
    'ignored', 'authenticated',
  ] as const;
  for (const name of names) client.on(name, (value: unknown) => heard.push([name, value]));
  client.connect();
  return client;
}

function open(options: Partial<NeolithClientOptions> = {}): NeolithClient {
  start(options);
  server.welcome();
  return client;
}

const all = <Name extends keyof NeolithSignals>(name: Name) =>
  heard.filter(([other]) => other === name).map(([, value]) => value as NeolithSignals[Name]);

describe('opening', () => {
  it('is open at the welcome, without a token', () => {
    start();
    expect(server.socket.url.href).toBe('ws://host:8787/');
    expect(client.state.phase).toBe('connecting');
    server.welcome();
    expect(client.state.phase).toBe('open');
    server.socket.say({ type: 'health_check_response', healthy: true });
    expect(client.state.phase).toBe('open');
  });

  it('shows its token first, and is open when it is taken', () => {
    open({ token: 'cell0_x' });
    expect(client.state.phase).toBe('connecting');
    expect(server.request('auth').payload).toEqual({ token: 'cell0_x' });
    server.answer('auth', 'auth_success', { sessionId: 'sess_1', entityId: 'ada', scopes: [] });
    expect(client.state).toMatchObject({ phase: 'open', clientId: 'sess_1' });
    expect(all('authenticated')).toMatchObject([{ entityId: 'ada' }]);
  });

  it('a refused token ends it for good; an authentication that could not be done is tried again', async () => {
    open({ token: 'old' });
    server.answer('auth', 'auth_error', { code: 'unavailable', message: 'no keys yet' });
    await settle();
    expect(client.state.phase).toBe('waiting');
    client.retryNow();
    server.welcome();
    server.answer('auth', 'auth_error', { code: 'unauthenticated', message: 'token: expired' });
    await settle();
    expect(client.state).toEqual({ phase: 'idle', reason: 'token: expired' });
  });

  it('tries again after up to 3 s, 6 s, 12 s, and gives up after ten attempts', () => {
    start();
    const waits: number[] = [];
    for (let attempt = 1; attempt < 10; attempt += 1) {
      server.socket.drop();
      const { state } = client;
      if (state.phase !== 'waiting') throw new Error(`${attempt}: ${state.phase}`);
      waits.push(state.retryAt - clock.now());
      clock.advance(waits.at(-1)!);
    }
    expect(waits.slice(0, 5)).toEqual([1_500, 3_000, 6_000, 12_000, 24_000]); // half of the bound: random is 0.5
    server.socket.drop();
    expect(client.state).toEqual({ phase: 'idle', reason: 'connection lost; given up after 10 attempts' });
    client.connect();
    server.welcome();
    expect(client.state.phase).toBe('open');
  });
});

describe('requests', () => {
  it('spawning resolves with the session, fills in the task, and follows it', async () => {
    open();
    const spawned = client.spawnSession({ orchestratorId: 'vp_1', sessionType: 'demo', task: { description: 'x' } });
    expect(server.request('spawn_session').payload).toEqual({
      orchestratorId: 'vp_1', sessionType: 'demo',
      task: { type: 'general', priority: 'medium', status: 'pending', description: 'x' },
    });
    server.answer('spawn_session', 'session_spawned', { session: session('s1', 'initializing') });
    expect(await spawned).toMatchObject({ id: 's1' });
    expect(client.sessions).toMatchObject([{ id: 's1', status: 'initializing' }]);
    expect(server.request('follow_session').payload).toEqual({ sessionId: 's1' });
  });

  it('a task follows its session first, and resolves with its id', async () => {
    open();
    const taken = client.executeTask({ sessionId: 's1', task: 'look around' });
    expect(server.count('execute_task')).toBe(0);
    server.followed('s1');
    await settle();
    expect(server.request('execute_task').payload).toEqual({
      sessionId: 's1', task: 'look around', streamResponse: true,
    });
    server.answer('execute_task', 'task_accepted', { sessionId: 's1', taskId: 't1' });
    expect(await taken).toEqual({ sessionId: 's1', taskId: 't1' });
    void client.executeTask({ sessionId: 's1', task: 'again' });
    await settle();
    expect(server.count('follow_session')).toBe(1);
    expect(server.count('execute_task')).toBe(2);
  });

  it('status, list, stop and the daemon\'s status resolve with what they ask for', async () => {
    open();
    const status = client.getSessionStatus('s1');
    server.answer('session_status', 'session_status_update', { session: session('s1', 'running') });
    expect((await status).status).toBe('running');
    const list = client.listSessions();
    server.answer('list_sessions', 'sessions_list', { sessions: [session('s1'), session('s2')] });
    expect((await list).map(({ id }) => id)).toEqual(['s1', 's2']);
    const stopped = client.stopSession('s1');
    expect(client.sessions.map(({ id }) => id)).toEqual(['s2']);
    server.answer('stop_session', 'session_status_update', { session: session('s1', 'terminated') });
    expect((await stopped).status).toBe('terminated');
    expect(client.sessions.map(({ id }) => id)).toEqual(['s2']);
    expect(client.session('s1')?.status).toBe('terminated');
    const daemon = client.getDaemonStatus();
    server.answer('daemon_status', 'daemon_status_update', { status: { status: 'running', uptime: 5 } });
    expect((await daemon).uptime).toBe(5);
  });

  it('reject with the server\'s code and words, after a time, without a connection, and when it is lost', async () => {
    open();
    const refused = client.getSessionStatus('nobody');
    server.answer('session_status', 'error', { error: 'nobody knows it', code: 'unknown_session', sessionId: 'nobody' });
    await expect(refused).rejects.toMatchObject({ code: 'unknown_session', sessionId: 'nobody', isTemporary: false });
    await expect(refused).rejects.toThrow(NeolithError);
    const late = client.listSessions();
    clock.advance(30_000); // the keep-alive's ping is not answered either
    await expect(late).rejects.toThrow(RpcTimeoutError);
    client.disconnect();
    await expect(client.getDaemonStatus()).rejects.toThrow(RpcConnectionError);
    await expect(client.executeTask({ sessionId: 's', task: 't' })).rejects.toThrow('not connected');
    client.connect();
    server.welcome();
    const lost = client.getDaemonStatus();
    server.socket.drop();
    await expect(lost).rejects.toMatchObject({ sent: true });
  });

  it('have ids that no other client has, since the server takes the same id for the same request', () => {
    const ids = [0.1, 0.2].map((chance) => {
      open({ random: () => chance });
      void client.getDaemonStatus().catch(() => {});
      return server.request('daemon_status').requestId;
    });
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[0]!.length).toBeLessThan(100);
  });
});

describe('a followed session', () => {
  it('tells what happens in it, once, and adds its text up', () => {
    open();
    void client.follow('s1');
    server.followed('s1');
    server.event('session_spawned', { session: session('s1', 'initializing') });
    server.event('task_executing', { sessionId: 's1', taskId: 't1' });
    server.event('stream_start', { data: { sessionId: 's1', taskId: 't1' }, sessionId: 's1', taskId: 't1' });
    server.chunk('s1', 'hmm', 'thinking');
    const seq = server.chunk('s1', 'Hello ');
    server.event('stream_chunk', { data: { sessionId: 's1', chunk: 'Hello ' } }, seq); // again
    server.event('tool_call_start', { data: { sessionId: 's1', toolName: 'clock', status: 'started' } });
    server.event('tool_call_result', { data: { sessionId: 's1', toolName: 'clock', status: 'completed' } });
    server.chunk('s1', 'world');
    server.event('stream_end', { data: { sessionId: 's1' } });
    server.event('task_completed', { sessionId: 's1', taskId: 't1', result: { ok: 1 } });
    server.event('session_status_update', { session: session('s1', 'completed') });
    expect(client.output('s1')).toBe('Hello world');
    expect(all('stream_chunk').map(({ chunk }) => chunk)).toEqual(['hmm', 'Hello ', 'world']);
    expect(all('task_completed')).toMatchObject([{ sessionId: 's1', taskId: 't1', result: { ok: 1 } }]);
    expect(all('tool_call_result')).toMatchObject([{ toolName: 'clock' }]);
    expect(client.sessions).toMatchObject([{ id: 's1', status: 'completed' }]);
    server.event('stream_start', { data: { sessionId: 's1' } });
    expect(client.output('s1')).toBe('');
  });

  it('goes on where it was after a reconnect; an unfollowed one does not', async () => {
    open();
    void client.follow('s1');
    server.followed('s1');
    const seq = server.chunk('s1', 'one ');
    void client.follow('s2');
    client.unfollow('s2');
    expect(server.request('unfollow_session').payload).toEqual({ sessionId: 's2' });
    server.socket.drop();
    client.retryNow();
    server.welcome();
    expect(server.count('follow_session')).toBe(1);
    expect(server.request('follow_session').payload).toEqual({ sessionId: 's1', since: seq });
    server.followed('s1');
    server.chunk('s1', 'two');
    expect(client.output('s1')).toBe('one two');
    expect(all('followed')).toHaveLength(2);
  });

  it('that is refused is told, and not tried again; one that nobody could serve is', async () => {
    open();
    const refused = client.follow('s1');
    server.refuse('follow_session', 'forbidden');
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    expect(all('error')).toHaveLength(1);
    const patient = client.follow('s2');
    server.refuse('follow_session', 'unavailable');
    await settle();
    expect(client.state.phase).toBe('waiting');
    client.retryNow();
    server.welcome();
    expect(server.count('follow_session')).toBe(1);
    server.followed('s2');
    expect(await patient).toMatchObject({ sessionId: 's2' });
  });
});

it('answers of pings are measured', () => {
  open();
  client.ping();
  clock.advance(7);
  server.socket.say({ type: 'pong', requestId: server.request('ping').requestId, payload: {} });
  server.socket.say({ type: 'pong' });
  expect(all('pong')).toEqual([{ roundTripMs: 7 }, { roundTripMs: undefined }]);
});

it.each([
  ['a binary frame', new ArrayBuffer(1)],
  ['not JSON', 'nonsense'],
  ['no object with a "type"', '[]'],
  ['message type "novelty"', '{"type":"novelty"}'],
  ['stream_chunk: a field is missing or of the wrong type', '{"type":"stream_chunk","data":{"sessionId":"s"}}'],
  ['session_spawned: a field is missing or of the wrong type', '{"type":"session_spawned","session":null}'],
  ['sessions_list: its content is missing or of the wrong type', '{"type":"sessions_list","requestId":"x","sessions":[1]}'],
])('%s is ignored and told', (reason, text) => {
  open();
  server.socket.sayText(text);
  expect(all('ignored')).toEqual([{ reason }]);
  expect(client.state.phase).toBe('open');
});

it('an error that answers nothing of ours, and a skip notice, are told', () => {
  open();
  server.socket.say({ type: 'error', error: 'Invalid message format', code: 'invalid_format' });
  server.socket.say({ type: 'events_skipped', from_seq: 1, to_seq: 9, priority_above: 5, count: 3, reason: 'slow' });
  expect(all('error')[0]).toMatchObject({ code: 'invalid_format', detail: 'Invalid message format' });
  expect(all('skipped')).toMatchObject([{ count: 3 }]);
});
