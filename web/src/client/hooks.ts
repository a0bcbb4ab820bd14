// The Neolith documents' hooks, useDaemon and useSessionMonitor, for React, Preact and whatever has the same four hooks.
//
//   import * as React from 'react';                       // or: import * as preact from 'preact/hooks';
//   export const { useDaemon, useSessionMonitor, getDaemonClient } = createHooks(React, { url: 'ws://localhost:8787' });
//
// Components of one page share a connection per address. It is opened by the first component that wants it and closed
// after the last one is gone.
import type { ConnectionState } from './link.js';
import { NeolithClient, type NeolithClientOptions, type NeolithSignals } from './neolith_client.js';
import type {
  DaemonStatus,
  ExecuteTaskPayload,
  Session,
  SpawnSessionPayload,
  StreamChunk,
  ToolCallInfo,
} from './neolith_messages.js';

/** What is used of a framework. */
export interface HookFramework {
  useState<State>(initial: State): [State, (next: (previous: State) => State) => void];
  useEffect(effect: () => void | (() => void), dependencies?: readonly unknown[]): void;
  useRef<Value>(initial: Value): { current: Value };
  useCallback<Function_ extends (...args: never[]) => unknown>(f: Function_, dependencies: readonly unknown[]): Function_;
}

/** Of all hooks of a page, but for what a hook says itself. `url`: default `ws://localhost:8787`. */
export type HookSettings = Partial<NeolithClientOptions>;

/** Called as things happen; the latest ones given count. */
export interface UseDaemonHandlers {
  onStreamStart?: (sessionId: string, metadata?: Record<string, unknown>) => void;
  onStreamChunk?: (chunk: StreamChunk) => void;
  onStreamEnd?: (sessionId: string, metadata?: Record<string, unknown>) => void;
  onToolCallStart?: (info: ToolCallInfo) => void;
  onToolCallResult?: (info: ToolCallInfo) => void;
  onTaskExecuting?: (sessionId: string, taskId: string) => void;
  onTaskCompleted?: (sessionId: string, taskId: string, result?: unknown) => void;
  onTaskFailed?: (sessionId: string, taskId: string, error: string) => void;
  onSessionSpawned?: (session: Session) => void;
  onSessionUpdated?: (session: Session) => void;
}

export interface UseDaemonOptions {
  /** Connects when the component mounts; default false. */
  autoConnect?: boolean;
  /** Instead of the settings' address. */
  url?: string;
  handlers?: UseDaemonHandlers;
}

export interface UseDaemonReturn {
  connected: boolean;
  connecting: boolean;
  /** The last thing that failed; null again when the connection is open. */
  error: Error | null;
  daemonStatus: DaemonStatus | null;
  /** Sessions that this page has met and not stopped; at the beginning those that the server lists. */
  sessions: readonly Session[];
  /** Since the connection was lost. */
  reconnectAttempts: number;
  /** Resolves when the connection is open; rejects when this attempt has failed (it goes on trying). */
  connect: () => Promise<void>;
  disconnect: () => void;
  spawnSession: (payload: SpawnSessionPayload) => Promise<Session>;
  /** Resolves when the task is taken; what comes of it is told to the handlers. Need not be waited for. */
  executeTask: (payload: ExecuteTaskPayload) => Promise<{ sessionId: string; taskId: string }>;
  /** Each asks the server; the answer is in `sessions`, too. Need not be waited for. */
  getSessionStatus: (sessionId: string) => Promise<Session>;
  getDaemonStatus: () => Promise<DaemonStatus>;
  /** The session is no longer among `sessions`. Need not be waited for. */
  stopSession: (sessionId: string) => Promise<Session>;
  getSession: (sessionId: string) => Session | undefined;
}

export interface SessionMonitor {
  session: Session | undefined;
  /** What the session's present or last task has said so far. */
  streamOutput: string;
  connected: boolean;
  error: Error | null;
}

const kDefaultUrl = 'ws://localhost:8787';

export function createHooks(framework: HookFramework, settings: HookSettings = {}) {
  const { useState, useEffect, useRef, useCallback } = framework;
  const shared = new Map<string, SharedClient>();

  function sharedOf(url = settings.url ?? kDefaultUrl): SharedClient {
    let known = shared.get(url);
    if (!known) shared.set(url, (known = new SharedClient(new NeolithClient({ ...settings, url }))));
    return known;
  }

  /** Draws the component again whenever one of these signals comes. */
  function useRedraw(own: SharedClient, names: readonly (keyof SharedSignals)[], about?: string): void {
    const [, setCount] = useState(0);
    useEffect(() => {
      const draw = () => setCount((count) => count + 1);
      const stops = names.map((name) => own.on(name, about, draw));
      draw(); // what came between drawing and now
      return () => stops.forEach((stop) => stop());
    }, [own, about]);
  }

  /** The page wants the connection as long as this component is there. */
  function useWanted(own: SharedClient, isWanted: boolean): void {
    useEffect(() => (isWanted ? own.want() : undefined), [own, isWanted]);
  }

  function useHandlers(own: SharedClient, handlers: UseDaemonHandlers | undefined, sessionId?: string): void {
    const latest = useRef(handlers);
    latest.current = handlers;
    useEffect(() => listen(own.client, () => latest.current, sessionId), [own, sessionId]);
  }

  function useDaemon({ autoConnect = false, url, handlers }: UseDaemonOptions = {}): UseDaemonReturn {
    const own = sharedOf(url);
    const { client } = own;
    useRedraw(own, ['connection', 'sessions']);
    useWanted(own, autoConnect);
    useHandlers(own, handlers);
    return {
      ...own.connection(),
      daemonStatus: own.daemonStatus,
      sessions: client.sessions,
      connect: useCallback(() => own.connect(), [own]),
      disconnect: useCallback(() => client.disconnect(), [own]),
      spawnSession: useCallback((payload) => own.watched(client.spawnSession(payload)), [own]),
      executeTask: useCallback((payload) => own.watched(client.executeTask(payload)), [own]),
      getSessionStatus: useCallback((sessionId) => own.watched(client.getSessionStatus(sessionId)), [own]),
      getDaemonStatus: useCallback(() => own.watched(own.askForStatus()), [own]),
      stopSession: useCallback((sessionId) => own.watched(client.stopSession(sessionId)), [own]),
      getSession: useCallback((sessionId) => client.session(sessionId), [own]),
    };
  }

  /** One session, from its beginning on, wherever it was started. */
  function useSessionMonitor(
    sessionId: string,
    handlers?: UseDaemonHandlers,
    { url }: Pick<UseDaemonOptions, 'url'> = {},
  ): SessionMonitor {
    const own = sharedOf(url);
    useRedraw(own, ['connection', 'session'], sessionId);
    useHandlers(own, handlers, sessionId);
    useEffect(() => own.follow(sessionId), [own, sessionId]);
    useWanted(own, true);
    const { connected, error } = own.connection();
    return { session: own.client.session(sessionId), streamOutput: own.client.output(sessionId), connected, error };
  }

  return {
    useDaemon,
    useSessionMonitor,
    /** The client that components with this address share. */
    getDaemonClient: (url?: string): NeolithClient => sharedOf(url).client,
  };
}

interface SharedSignals {
  /** The connection's state, an error, or the status of the daemon. */
  connection: void;
  /** A session's state. */
  sessions: void;
  /** A session's state or output. */
  session: void;
}

/** A client and what several components know of it. */
class SharedClient {
  readonly client: NeolithClient;
  daemonStatus: DaemonStatus | null = null;
  #error: Error | null = null;
  #users = 0;
  #followers = new Map<string, number>();
  #changed = new Set<() => void>();

  constructor(client: NeolithClient) {
    this.client = client;
    client.on('state', (state) => this.#entered(state));
    client.on('error', (error) => this.#failed(error));
  }

  on(name: keyof SharedSignals, about: string | undefined, draw: () => void): () => void {
    if (name === 'connection') {
      this.#changed.add(draw);
      return () => this.#changed.delete(draw);
    }
    let before = this.client.sessions;
    return this.client.on('changed', ({ sessionId }) => {
      if (name === 'session' ? sessionId !== about : this.client.sessions === before) return;
      before = this.client.sessions;
      draw();
    });
  }

  connection(): Pick<UseDaemonReturn, 'connected' | 'connecting' | 'error' | 'reconnectAttempts'> {
    const { state } = this.client;
    return {
      connected: state.phase === 'open',
      connecting: state.phase === 'connecting' || state.phase === 'waiting',
      error: this.#error,
      reconnectAttempts: 'attempt' in state ? state.attempt - 1 : 0,
    };
  }

  /** Connects; after the last user has said that it needs no more, disconnects. */
  want(): () => void {
    this.#users += 1;
    this.client.connect();
    return () => {
      this.#users -= 1;
      later(() => this.#users === 0 && this.client.disconnect());
    };
  }

  follow(sessionId: string): () => void {
    this.#followers.set(sessionId, (this.#followers.get(sessionId) ?? 0) + 1);
    this.client.follow(sessionId).catch(() => {}); // told by the signal `error`
    return () => {
      this.#followers.set(sessionId, this.#followers.get(sessionId)! - 1);
      later(() => {
        if (this.#followers.get(sessionId) !== 0) return;
        this.#followers.delete(sessionId);
        this.client.unfollow(sessionId);
      });
    };
  }

  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (state: ConnectionState): boolean => {
        if (state.phase === 'connecting') return false;
        if (state.phase === 'open') resolve();
        else reject(new Error('reason' in state && state.reason ? state.reason : 'disconnected'));
        return true;
      };
      const stop = this.client.on('state', (state) => settle(state) && stop());
      this.client.connect();
      this.client.retryNow();
      if (this.client.state.phase === 'open') settle(this.client.state), stop();
    });
  }

  async askForStatus(): Promise<DaemonStatus> {
    this.daemonStatus = await this.client.getDaemonStatus();
    this.#draw();
    return this.daemonStatus;
  }

  /** The same promise; its failure is `error`, too, and need not be waited for. */
  watched<Value>(promise: Promise<Value>): Promise<Value> {
    promise.catch((error: Error) => this.#failed(error));
    return promise;
  }

  #entered(state: ConnectionState): void {
    if (state.phase === 'open') {
      this.#error = null;
      // What cannot be had (no orchestrator is there) is simply not known.
      this.askForStatus().catch(() => {});
      this.client.listSessions().catch(() => {});
    } else if ('reason' in state && state.reason) {
      this.#error = new Error(state.reason);
    }
    this.#draw();
  }

  #failed(error: Error): void {
    this.#error = error;
    this.#draw();
  }

  #draw(): void {
    for (const draw of [...this.#changed]) draw();
  }
}

/** Not at once: frameworks unmount and mount again what only moves. */
function later(action: () => void): void {
  setTimeout(action, 0);
}

/** Calls the handlers for what happens, or for what happens in that session. */
function listen(client: NeolithClient, handlers: () => UseDaemonHandlers | undefined, sessionId?: string): () => void {
  const on = <Name extends keyof NeolithSignals>(
    name: Name,
    idOf: (content: NeolithSignals[Name]) => string,
    call: (handlers: UseDaemonHandlers, content: NeolithSignals[Name]) => void,
  ) =>
    client.on(name, (content) => {
      const now = handlers();
      if (now && (sessionId === undefined || idOf(content) === sessionId)) call(now, content);
    });
  const ofData = (content: { sessionId: string }) => content.sessionId;
  const ofSession = (session: Session) => session.id;
  const stops = [
    on('stream_start', ofData, (h, { sessionId, ...metadata }) => h.onStreamStart?.(sessionId, metadata)),
    on('stream_chunk', ofData, (h, chunk) => h.onStreamChunk?.(chunk)),
    on('stream_end', ofData, (h, { sessionId, ...metadata }) => h.onStreamEnd?.(sessionId, metadata)),
    on('tool_call_start', ofData, (h, info) => h.onToolCallStart?.(info)),
    on('tool_call_result', ofData, (h, info) => h.onToolCallResult?.(info)),
    on('task_executing', ofData, (h, { sessionId, taskId }) => h.onTaskExecuting?.(sessionId, taskId)),
    on('task_completed', ofData, (h, { sessionId, taskId, result }) => h.onTaskCompleted?.(sessionId, taskId, result)),
    on('task_failed', ofData, (h, { sessionId, taskId, error }) => h.onTaskFailed?.(sessionId, taskId, error)),
    on('session_spawned', ofSession, (h, session) => h.onSessionSpawned?.(session)),
    on('session_status_update', ofSession, (h, session) => h.onSessionUpdated?.(session)),
  ];
  return () => stops.forEach((stop) => stop());
}
