// A client of the jsonrpc dialect that stays connected: calls, events, channels, agents and presence.
//
// It reconnects with backoff, authenticates, and establishes again what was subscribed. Calls are not repeated: one
// that was under way when the connection was lost rejects, and its caller decides. One thread; callbacks run inside the
// socket's.
import { Link, type ConnectionState, type LinkOptions } from './link.js';
import { RpcAgents } from './rpc_agents.js';
import { RpcCalls, type CallMessage } from './rpc_calls.js';
import { RpcChannels } from './rpc_channels.js';
import { decodeRpc, isKnownNotification, type RpcReceived } from './rpc_decode.js';
import { kRpcCodes, RpcConnectionError, RpcError } from './rpc_errors.js';
import { RpcEvents } from './rpc_events.js';
import type { Feed, Json, RpcMethods, RpcNotifications, RpcWelcome } from './rpc_messages.js';
import type { RpcPart, RpcPeer, RpcSignals } from './rpc_peer.js';
import { RpcPresence } from './rpc_presence.js';
import { SignalTable } from './signal_table.js';

type Credentials = Omit<RpcMethods['auth.authenticate']['params'], 'token'>;

export interface RpcClientOptions extends LinkOptions {
  /** Where the dialect is served: `ws://host:18801/`, or `http://host:8080/rpc`. */
  url: string;
  /** Shown by auth.authenticate as the first call of each connection; without one the client is anonymous. */
  token?: string;
  /** What auth.authenticate says besides: entity_id, entity_type, capabilities, metadata, durable. */
  identity?: Credentials;
  /** Of a call without a timeout of its own; default 10 s. */
  requestTimeoutMs?: number;
}

export interface RpcCallOptions {
  timeoutMs?: number;
}

/** One request of a batch; `notify`: it has no answer. */
export interface BatchRequest {
  method: string;
  params?: object;
  notify?: boolean;
}
export type BatchOutcome = { ok: true; result: unknown } | { ok: false; error: Error };

type NoParams = Record<string, never>;
type CallArguments<Params> = NoParams extends Params
  ? [params?: Params, options?: RpcCallOptions]
  : [params: Params, options?: RpcCallOptions];

/** Errors of authentication that another attempt would not change. */
const kFinalCodes: ReadonlySet<number> = new Set([
  kRpcCodes.notAuthenticated,
  kRpcCodes.notPermitted,
  kRpcCodes.params,
]);
const kPingPrefix = 'ping-';

export class JsonRpcClient {
  readonly events: RpcEvents;
  readonly channels: RpcChannels;
  readonly agents: RpcAgents;
  readonly presence: RpcPresence;
  #options: RpcClientOptions;
  #signals = new SignalTable<RpcSignals>();
  #link: Link;
  #calls: RpcCalls;
  #parts: Record<Feed, RpcPart>;

  constructor(options: RpcClientOptions) {
    this.#options = options;
    this.#link = new Link(options, {
      url: () => options.url.replace(/^http/, 'ws'),
      protocols: () => [],
      ping: (sequence) => ({ jsonrpc: '2.0', id: `${kPingPrefix}${sequence}`, method: 'rpc.ping', params: {} }),
      message: (data) => decodeRpc(data).forEach((received) => this.#receive(received)),
      dropped: (reason) => this.#calls.clear(reason),
      state: (state) => this.#entered(state),
    });
    this.#calls = new RpcCalls(this.#link.clock);
    const peer = this.#peer();
    this.events = new RpcEvents(peer);
    this.channels = new RpcChannels(peer);
    this.agents = new RpcAgents(peer, (listener) => this.on('agentMessage', listener));
    this.presence = new RpcPresence(peer);
    this.#parts = { events: this.events, channel: this.channels, agent: this.agents, presence: this.presence };
  }

  /** Calls `listener` at every later signal of that name; the returned function ends it. */
  on<Name extends keyof RpcSignals>(name: Name, listener: (value: RpcSignals[Name]) => void): () => void {
    return this.#signals.on(name, listener);
  }

  get state(): ConnectionState {
    return this.#link.state;
  }

  /** Wants a connection from now on. No effect if one is wanted already. */
  connect(): void {
    this.#link.connect();
  }

  /** Wants none any more. Subscriptions and positions are kept: a later connect() goes on with them. */
  disconnect(): void {
    this.#link.disconnect();
  }

  /** Ends a wait between two attempts. */
  retryNow(): void {
    this.#link.retryNow();
  }

  /** Asks for a pong, besides the pings sent by itself every 25 s. No effect when not connected. */
  ping(): void {
    this.#link.ping();
  }

  /** Rejects with RpcError (refused), RpcTimeoutError, or RpcConnectionError (not connected, or lost meanwhile). */
  call<Name extends keyof RpcMethods>(
    method: Name,
    ...args: CallArguments<RpcMethods[Name]['params']>
  ): Promise<RpcMethods[Name]['result']>;
  call(method: string, params?: object, options?: RpcCallOptions): Promise<unknown>;
  call(method: string, params: object = {}, options: RpcCallOptions = {}): Promise<unknown> {
    if (!this.#link.isOpen) return Promise.reject(new RpcConnectionError(method, false, 'not connected'));
    return this.#call(method, params, options);
  }

  /** A request without an answer. False: not connected, nothing was sent. */
  notify(method: string, params: object = {}): boolean {
    if (!this.#link.isOpen) return false;
    this.#link.send({ jsonrpc: '2.0', method, params });
    return true;
  }

  /** Several requests in one message; the outcomes of those that have an answer, in their order. Never rejects. */
  async batch(requests: readonly BatchRequest[], options: RpcCallOptions = {}): Promise<BatchOutcome[]> {
    const isOpen = this.#link.isOpen;
    const messages: (CallMessage | Omit<CallMessage, 'id'>)[] = [];
    const outcomes: Promise<BatchOutcome>[] = [];
    for (const { method, params = {}, notify = false } of requests) {
      if (notify) {
        messages.push({ jsonrpc: '2.0', method, params });
        continue;
      }
      const answer = isOpen
        ? this.#calls.call(method, params, this.#callOptions(options), (message) => messages.push(message))
        : Promise.reject(new RpcConnectionError(method, false, 'not connected'));
      outcomes.push(
        answer.then(
          (result) => ({ ok: true, result }),
          (error: Error) => ({ ok: false, error }),
        ),
      );
    }
    if (isOpen && messages.length > 0) this.#link.send(messages);
    return Promise.all(outcomes);
  }

  #peer(): RpcPeer {
    const link = this.#link;
    return {
      call: (method, params, answered) =>
        link.isOpen
          ? (this.#call(method, params, {}, answered) as Promise<never>)
          : Promise.reject(new RpcConnectionError(method, false, 'not connected')),
      end: (method, params) =>
        this.call(method as string, params).then(
          () => {},
          (error: Error) => {
            if (!(error instanceof RpcConnectionError)) throw error;
          },
        ),
      emit: (name, value) => this.#signals.emit(name, value),
      restart: (reason) => link.restart(reason),
      get isOpen() {
        return link.isOpen;
      },
    };
  }

  #callOptions({ timeoutMs }: RpcCallOptions) {
    return { timeoutMs: timeoutMs ?? this.#options.requestTimeoutMs ?? 10_000 };
  }

  #call(method: string, params: object, options: RpcCallOptions, answered?: (result: never) => void): Promise<unknown> {
    return this.#calls.call(method, params, { ...this.#callOptions(options), answered }, (message) =>
      this.#link.send(message),
    );
  }

  #entered(state: ConnectionState): void {
    // First what was subscribed before, then what a listener may subscribe now.
    if (state.phase === 'open') for (const part of Object.values(this.#parts)) part.opened();
    this.#signals.emit('state', state);
  }

  #receive(received: RpcReceived): void {
    switch (received.kind) {
      case 'result':
        if (typeof received.id === 'string') return this.#ponged(received.id);
        return this.#calls.answer(received.id, received.result);
      case 'failure': {
        const { id, failure } = received;
        if (id !== null) return this.#calls.fail(id, failure);
        return this.#signals.emit('error', new RpcError('unknown', failure.code, failure.message, failure.data));
      }
      case 'notification':
        return this.#notified(received.method, received.params);
      case 'invalid':
        return this.#signals.emit('ignored', { reason: received.reason });
    }
  }

  #ponged(id: string): void {
    const sequence = Number(id.slice(kPingPrefix.length));
    this.#signals.emit('pong', { roundTripMs: this.#link.roundTripMs(sequence) });
  }

  #notified(method: string, params: Json): void {
    if (!isKnownNotification(method)) return this.#signals.emit('notification', { method, params });
    if (method === 'connection.welcome') return this.#welcomed(params as unknown as RpcWelcome);
    if (method === 'events.skipped') {
      return this.#tell(this.#parts[(params['subscription'] as Feed | undefined) ?? 'events'], method, params);
    }
    for (const part of Object.values(this.#parts)) this.#tell(part, method, params);
  }

  #tell(part: RpcPart | undefined, method: keyof RpcNotifications, params: Json): void {
    (part?.receive[method] as ((params: unknown) => void) | undefined)?.(params);
  }

  #welcomed(welcome: RpcWelcome): void {
    this.#signals.emit('welcome', welcome);
    const { token, identity } = this.#options;
    if (token === undefined) return this.#link.opened(welcome.connection_id);
    this.#call('auth.authenticate', { ...identity, token }, {}, (taken: RpcSignals['authenticated']) => {
      this.#signals.emit('authenticated', taken);
      this.#link.opened(welcome.connection_id);
    }).catch((error: Error) => {
      if (error instanceof RpcError && kFinalCodes.has(error.code)) this.#link.disconnect(error.message);
      else if (!(error instanceof RpcConnectionError)) this.#link.restart(error.message);
    });
  }
}
