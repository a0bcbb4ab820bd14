// A client of the jsonrpc dialect that stays connected: calls, events, channels, agents and presence.
//
// It reconnects with backoff, authenticates, and establishes again what was subscribed. Calls are not repeated: one
// that was under way when the connection was lost rejects, and its caller decides. One thread; callbacks run inside the
// socket's.
import { Calls } from './calls.js';
import { DialectClient } from './dialect_client.js';
import type { ConnectionState, LinkOptions } from './link.js';
import { RpcAgents } from './rpc_agents.js';
import { RpcChannels } from './rpc_channels.js';
import { decodeRpc, isKnownNotification, type RpcReceived } from './rpc_decode.js';
import { kRpcCodes, RpcConnectionError, RpcError } from './rpc_errors.js';
import { RpcEvents } from './rpc_events.js';
import type { Feed, Json, RpcMethods, RpcNotifications, RpcWelcome } from './rpc_messages.js';
import type { RpcPart, RpcPeer, RpcSignals } from './rpc_peer.js';
import { RpcPresence } from './rpc_presence.js';

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

interface RequestMessage {
  jsonrpc: '2.0';
  id?: number | string;
  method: string;
  params: object;
}

function request(method: string, params: object, id?: number | string): RequestMessage {
  return { jsonrpc: '2.0', ...(id !== undefined && { id }), method, params };
}

export class JsonRpcClient extends DialectClient<RpcSignals> {
  readonly events: RpcEvents;
  readonly channels: RpcChannels;
  readonly agents: RpcAgents;
  readonly presence: RpcPresence;
  #options: RpcClientOptions;
  #calls: Calls;
  #parts: Record<Feed, RpcPart>;

  constructor(options: RpcClientOptions) {
    super(options);
    this.#options = options;
    this.#calls = new Calls(this.link.clock);
    const peer = this.#peer();
    this.events = new RpcEvents(peer);
    this.channels = new RpcChannels(peer);
    this.agents = new RpcAgents(peer, (listener) => this.on('agentMessage', listener));
    this.presence = new RpcPresence(peer);
    this.#parts = { events: this.events, channel: this.channels, agent: this.agents, presence: this.presence };
  }

  /** Rejects with RpcError (refused), RpcTimeoutError, or RpcConnectionError (not connected, or lost meanwhile). */
  call<Name extends keyof RpcMethods>(
    method: Name,
    ...args: CallArguments<RpcMethods[Name]['params']>
  ): Promise<RpcMethods[Name]['result']>;
  call(method: string, params?: object, options?: RpcCallOptions): Promise<unknown>;
  call(method: string, params: object = {}, options: RpcCallOptions = {}): Promise<unknown> {
    if (!this.link.isOpen) return Promise.reject(new RpcConnectionError(method, false, 'not connected'));
    return this.#call(method, params, options);
  }

  /** A request without an answer. False: not connected, nothing was sent. */
  notify(method: string, params: object = {}): boolean {
    if (!this.link.isOpen) return false;
    this.link.send(request(method, params));
    return true;
  }

  /** Several requests in one message; the outcomes of those that have an answer, in their order. Never rejects. */
  async batch(requests: readonly BatchRequest[], options: RpcCallOptions = {}): Promise<BatchOutcome[]> {
    const isOpen = this.link.isOpen;
    const messages: RequestMessage[] = [];
    const outcomes: Promise<BatchOutcome>[] = [];
    for (const { method, params = {}, notify = false } of requests) {
      if (notify) {
        messages.push(request(method, params));
        continue;
      }
      const answer = isOpen
        ? this.#calls.call(method, this.#callOptions(options), (id) => messages.push(request(method, params, id)))
        : Promise.reject(new RpcConnectionError(method, false, 'not connected'));
      outcomes.push(
        answer.then(
          (result) => ({ ok: true, result }),
          (error: Error) => ({ ok: false, error }),
        ),
      );
    }
    if (isOpen && messages.length > 0) this.link.send(messages);
    return Promise.all(outcomes);
  }

  #peer(): RpcPeer {
    const link = this.link;
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
      emit: (name, value) => this.signals.emit(name, value),
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
    return this.#calls.call(method, { ...this.#callOptions(options), answered }, (id) =>
      this.link.send(request(method, params, id)),
    );
  }

  protected override nextUrl(): string {
    return this.#options.url.replace(/^http/, 'ws');
  }

  protected override pingMessage(sequence: number): object {
    return request('rpc.ping', {}, `${kPingPrefix}${sequence}`);
  }

  protected override received(data: unknown): void {
    for (const received of decodeRpc(data)) this.#receive(received);
  }

  protected override dropped(reason: string): void {
    this.#calls.clear(reason);
  }

  protected override entered(state: ConnectionState): void {
    // First what was subscribed before, then what a listener may subscribe now.
    if (state.phase === 'open') for (const part of Object.values(this.#parts)) part.opened();
    super.entered(state);
  }

  #receive(received: RpcReceived): void {
    switch (received.kind) {
      case 'result':
        if (typeof received.id === 'string') return this.#ponged(received.id);
        return this.#calls.answer(received.id, received.result);
      case 'failure': {
        const { id, failure } = received;
        const error = (method: string) => new RpcError(method, failure.code, failure.message, failure.data);
        if (id !== null) return void this.#calls.fail(id, error);
        return this.signals.emit('error', error('unknown'));
      }
      case 'notification':
        return this.#notified(received.method, received.params);
      case 'invalid':
        return this.signals.emit('ignored', { reason: received.reason });
    }
  }

  #ponged(id: string): void {
    const sequence = Number(id.slice(kPingPrefix.length));
    this.signals.emit('pong', { roundTripMs: this.link.roundTripMs(sequence) });
  }

  #notified(method: string, params: Json): void {
    if (!isKnownNotification(method)) return this.signals.emit('notification', { method, params });
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
    this.signals.emit('welcome', welcome);
    const { token, identity } = this.#options;
    if (token === undefined) return this.link.opened(welcome.connection_id);
    this.#call('auth.authenticate', { ...identity, token }, {}, (taken: RpcSignals['authenticated']) => {
      this.signals.emit('authenticated', taken);
      this.link.opened(welcome.connection_id);
    }).catch((error: Error) => {
      if (error instanceof RpcError && kFinalCodes.has(error.code)) this.link.disconnect(error.message);
      else if (!(error instanceof RpcConnectionError)) this.link.restart(error.message);
    });
  }
}
