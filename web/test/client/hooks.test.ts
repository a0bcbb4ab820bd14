// The same tests for both frameworks: what a component sees of useDaemon and useSessionMonitor.
import { createElement as preactElement, render as preactRender } from 'preact';
import * as preactHooks from 'preact/hooks';
import { act as preactAct } from 'preact/test-utils';
import * as React from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createHooks,
  type SessionMonitor,
  type StreamChunk,
  type UseDaemonHandlers,
  type UseDaemonOptions,
  type UseDaemonReturn,
} from '../../src/client/index.js';
import { settle } from '../support/fake_rpc.js';
import { FakeNeolith, session } from '../support/fake_neolith.js';
import { ManualClock } from '../support/manual_clock.js';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

/** A page with components in it, drawn by one of the frameworks. */
interface Stage {
  /** Draws these components, each a function without a result, in place of what was there. */
  show(...components: (() => void)[]): void;
  act(action: () => void | Promise<void>): Promise<void>;
}

/** With what promises wait for. */
async function whole(action: () => void | Promise<void>): Promise<void> {
  await action();
  await settle();
}

function reactStage(): Stage {
  let root: Root | undefined;
  return {
    show: (...components) =>
      React.act(() => {
        root ??= createRoot(document.createElement('div'));
        const children = components.map((use, key) => React.createElement(() => (use(), null), { key }));
        root.render(React.createElement(React.StrictMode, null, children));
      }),
    act: (action) => React.act(() => whole(action)),
  };
}

function preactStage(): Stage {
  const root = document.createElement('div');
  return {
    show: (...components) =>
      void preactAct(() => {
        preactRender(components.map((use) => preactElement(() => (use(), null), null)), root);
      }),
    act: (action) => preactAct(() => whole(action)),
  };
}

const kFrameworks = [
  { name: 'React', hooks: React, stage: reactStage },
  { name: 'Preact', hooks: preactHooks, stage: preactStage },
];

describe.each(kFrameworks)('$name', ({ hooks, stage: makeStage }) => {
  let server: FakeNeolith;
  let clock: ManualClock;
  let stage: Stage;
  let use: ReturnType<typeof createHooks>;
  let daemon: UseDaemonReturn;
  let monitor: SessionMonitor;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server = new FakeNeolith();
    clock = new ManualClock();
    stage = makeStage();
    use = createHooks(hooks, { url: 'ws://host:8787/', WebSocket: server.WebSocket, clock, random: () => 0.5 });
  });

  afterEach(async () => {
    await stage.act(() => stage.show());
    vi.useRealTimers();
  });

  const useDaemonHere = (options: UseDaemonOptions) => () => void (daemon = use.useDaemon(options));
  const useMonitorHere = (id: string, handlers?: UseDaemonHandlers) => () =>
    void (monitor = use.useSessionMonitor(id, handlers));

  async function connect(options: UseDaemonOptions = {}): Promise<void> {
    stage.show(useDaemonHere({ autoConnect: true, ...options }));
    await stage.act(() => server.welcome());
  }

  it('without autoConnect waits for connect(), which resolves when it is open', async () => {
    stage.show(useDaemonHere({}));
    expect(server.sockets).toHaveLength(0);
    expect(daemon).toMatchObject({ connected: false, connecting: false, error: null, sessions: [], daemonStatus: null });
    let isOpen = false;
    await stage.act(() => void daemon.connect().then(() => (isOpen = true)));
    expect(daemon.connecting).toBe(true);
    await stage.act(() => server.welcome());
    expect(isOpen).toBe(true);
    expect(daemon).toMatchObject({ connected: true, connecting: false });
    await stage.act(() => daemon.disconnect());
    expect(daemon.connected).toBe(false);
  });

  it('with autoConnect connects once however many components ask, and disconnects after the last one', async () => {
    stage.show(useDaemonHere({ autoConnect: true }), useDaemonHere({ autoConnect: true }));
    vi.runAllTimers();
    expect(server.sockets).toHaveLength(1);
    await stage.act(() => server.welcome());
    stage.show(useDaemonHere({ autoConnect: true }));
    vi.runAllTimers();
    expect(server.socket.closedWith).toBeUndefined();
    stage.show();
    vi.runAllTimers();
    expect(server.socket.closedWith).toBe(1000);
  });

  it('knows at the beginning what the server lists, and the daemon\'s status', async () => {
    await connect();
    await stage.act(() => {
      server.answer('list_sessions', 'sessions_list', { sessions: [session('s1'), session('s2')] });
      server.answer('daemon_status', 'daemon_status_update', { status: { status: 'running', activeSessions: 2 } });
    });
    expect(daemon.sessions.map(({ id }) => id)).toEqual(['s1', 's2']);
    expect(daemon.getSession('s2')?.status).toBe('running');
    expect(daemon.daemonStatus?.activeSessions).toBe(2);
  });

  it('spawns, executes and stops', async () => {
    await connect();
    let spawned: string | undefined;
    await stage.act(() => {
      const task = { type: 'code', description: 'x', priority: 'high', status: 'pending' } as const;
      void daemon
        .spawnSession({ orchestratorId: 'vp_1', sessionType: 'demo', task })
        .then(({ id }) => (spawned = id));
      server.answer('spawn_session', 'session_spawned', { session: session('s1', 'initializing') });
    });
    expect(spawned).toBe('s1');
    expect(daemon.sessions).toMatchObject([{ id: 's1', status: 'initializing' }]);
    await stage.act(() => server.event('session_status_update', { session: session('s1', 'running') }) as never);
    expect(daemon.sessions).toMatchObject([{ id: 's1', status: 'running' }]);
    await stage.act(() => server.followed('s1'));
    await stage.act(() => void daemon.executeTask({ sessionId: 's1', task: 'look' }));
    expect(server.request('execute_task').payload).toMatchObject({ sessionId: 's1', task: 'look' });
    await stage.act(() => void daemon.stopSession('s1'));
    expect(daemon.sessions).toEqual([]);
    expect(server.request('stop_session').payload).toEqual({ sessionId: 's1' });
  });

  it('calls the latest handlers for what happens', async () => {
    const calls: unknown[][] = [];
    const record = (name: string) => (...args: unknown[]) => void calls.push([name, ...args]);
    await connect({ handlers: { onStreamChunk: record('old') } });
    const names = [
      'onSessionSpawned', 'onSessionUpdated', 'onTaskExecuting', 'onStreamStart', 'onStreamChunk', 'onStreamEnd',
      'onToolCallStart', 'onToolCallResult', 'onTaskCompleted', 'onTaskFailed',
    ] as const;
    const handlers: UseDaemonHandlers = Object.fromEntries(names.map((name) => [name, record(name)]));
    stage.show(useDaemonHere({ autoConnect: true, handlers }));
    await stage.act(() => {
      server.event('session_spawned', { session: session('s1') });
      server.event('session_status_update', { session: session('s1') });
      server.event('task_executing', { sessionId: 's1', taskId: 't1' });
      server.event('stream_start', { data: { sessionId: 's1', taskId: 't1' } });
      server.chunk('s1', 'text');
      server.event('stream_end', { data: { sessionId: 's1', taskId: 't1' } });
      server.event('tool_call_start', { data: { sessionId: 's1', toolName: 'clock', status: 'started' } });
      server.event('tool_call_result', { data: { sessionId: 's1', toolName: 'clock', status: 'completed' } });
      server.event('task_completed', { sessionId: 's1', taskId: 't1', result: { ok: 1 } });
      server.event('task_failed', { sessionId: 's1', taskId: 't2', error: 'no' });
    });
    expect(calls.map(([name]) => name)).toEqual(names);
    expect(calls.find(([name]) => name === 'onTaskExecuting')).toEqual(['onTaskExecuting', 's1', 't1']);
    expect(calls.find(([name]) => name === 'onStreamStart')).toEqual(['onStreamStart', 's1', { taskId: 't1' }]);
    expect((calls.find(([name]) => name === 'onStreamChunk')![1] as StreamChunk).chunk).toBe('text');
    expect(calls.find(([name]) => name === 'onTaskCompleted')).toEqual(['onTaskCompleted', 's1', 't1', { ok: 1 }]);
    expect(calls.find(([name]) => name === 'onTaskFailed')).toEqual(['onTaskFailed', 's1', 't2', 'no']);
  });

  it('says what failed, and forgets it when the connection is open again', async () => {
    await connect();
    let refused: Error | undefined;
    await stage.act(() => {
      daemon.getSessionStatus('nobody').catch((error: Error) => (refused = error));
      server.refuse('session_status', 'unknown_session', 'nobody knows it');
    });
    expect(refused?.message).toContain('nobody knows it');
    expect(daemon.error).toBe(refused);
    await stage.act(() => server.socket.drop());
    expect(daemon).toMatchObject({ connected: false, connecting: true, reconnectAttempts: 1 });
    expect(daemon.error?.message).toBe('connection lost');
    await stage.act(() => clock.advance(1_500));
    await stage.act(() => server.welcome());
    expect(daemon).toMatchObject({ connected: true, error: null, reconnectAttempts: 0 });
  });

  it('a failed action that nobody waits for is no uncaught error', async () => {
    stage.show(useDaemonHere({}));
    await stage.act(() => void daemon.executeTask({ sessionId: 's', task: 't' }));
    expect(daemon.error?.message).toContain('not connected');
  });

  it('connect() rejects when the attempt fails, and goes on trying', async () => {
    stage.show(useDaemonHere({}));
    let failed = '';
    await stage.act(() => void daemon.connect().catch((error: Error) => (failed = error.message)));
    await stage.act(() => server.socket.drop());
    expect(failed).toBe('connection lost');
    expect(daemon.connecting).toBe(true);
  });

  it('a monitor follows its session and adds up its text, from the beginning of the task', async () => {
    const chunks: string[] = [];
    stage.show(useMonitorHere('s1', { onStreamChunk: ({ chunk }) => void chunks.push(chunk) }));
    await stage.act(() => server.welcome());
    expect(server.request('follow_session').payload).toEqual({ sessionId: 's1' });
    await stage.act(() => {
      server.followed('s1');
      server.event('session_status_update', { session: session('s1') });
      server.event('stream_start', { data: { sessionId: 's1' } });
      server.chunk('s1', 'Hello ');
      server.chunk('s1', 'aside', 'thinking');
      server.chunk('s2', 'of another session');
      server.chunk('s1', 'world');
    });
    expect(monitor).toMatchObject({ streamOutput: 'Hello world', connected: true, error: null });
    expect(monitor.session?.status).toBe('running');
    expect(chunks).toEqual(['Hello ', 'aside', 'world']);
  });

  it('a second monitor has what was said before it came; the session is left with the last one', async () => {
    stage.show(useMonitorHere('s1'));
    await stage.act(() => server.welcome());
    await stage.act(() => {
      server.followed('s1');
      server.chunk('s1', 'Hello');
    });
    const first = useMonitorHere('s1');
    stage.show(first, useMonitorHere('s1'));
    expect(monitor.streamOutput).toBe('Hello');
    await stage.act(() => void vi.runAllTimers());
    expect(server.count('unfollow_session')).toBe(0);
    stage.show(first);
    await stage.act(() => void vi.runAllTimers());
    expect(server.count('unfollow_session')).toBe(0);
    stage.show();
    vi.runAllTimers();
    expect(server.socket.closedWith).toBe(1000);
  });

  it('a monitor of another session shows that one', async () => {
    let id = 's1';
    const component = () => void (monitor = use.useSessionMonitor(id));
    stage.show(component);
    await stage.act(() => server.welcome());
    await stage.act(() => server.chunk('s1', 'one') as never);
    expect(monitor.streamOutput).toBe('one');
    id = 's2';
    stage.show(component);
    await stage.act(() => server.chunk('s2', 'two') as never);
    expect(monitor.streamOutput).toBe('two');
  });

  it('hooks with another address have another connection', () => {
    stage.show(useDaemonHere({ autoConnect: true }), useDaemonHere({ autoConnect: true, url: 'ws://other/' }));
    expect(server.sockets.map(({ url }) => url.host)).toEqual(['host:8787', 'other']);
    expect(use.getDaemonClient()).not.toBe(use.getDaemonClient('ws://other/'));
  });
});
