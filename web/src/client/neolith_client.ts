// A client of the neolith dialect that stays connected: it spawns agents' sessions, gives them tasks and follows them.
//
// It reconnects, authenticates, and follows again what it followed, each session from where it was: every event once and
// in order, as long as the server holds it. Requests are not repeated: one that was under way when the connection was
// lost rejects, and its caller decides. Knows the sessions it has met (`sessions`, `output`), within bounds. One thread;
// callbacks run inside the socket's.
import { Calls } from './calls.js';
import { DialectClient } from './dialect_client.js';
import type { ConnectionState, LinkOptions } from './link.js';
import { decodeNeolith, type NeolithReceived, type NeolithRefusal } from './neolith_decode.js';
import type {
  DaemonStatus,
  ExecuteTaskPayload,
  Followed,
  NeolithAnswers,
  NeolithSkipped,
  Session,
  SessionEvents,
  SpawnSessionPayload,
} from './neolith_messages.js';
import { RefusedError, RpcConnectionError } from './rpc_errors.js';
import { SessionBook } from './session_book.js';
import { Standing } from './standing.js';

export interface NeolithClientOptions extends LinkOptions {
  /** Where the dialect is served: `ws://host:8787/`, or `http://host:8080/daemon/ws`. */
  url: string;
  /** Shown as the first message of each connection; without one the client is anonymous. */
  token?: string;
  /** Default 30 s: an orchestrator may have to be found first. */
  requestTimeoutMs?: number;
}

export interface NeolithSignals extends SessionEvents {
  state: ConnectionState;
  /** First message of every connection. */
  welcome: { healthy: boolean };
  authenticated: NeolithAnswers['auth_success'];
  /** A session is followed, at first and after each reconnect. */
  followed: Followed;
  skipped: NeolithSkipped;
  /** What is known of that session has changed: its state, or what it has said. */
  changed: { sessionId: string };
  /** `roundTripMs` is undefined for an answer that is not the latest ping's. */
  pong: { roundTripMs: number | undefined };
  /** What nobody waits for failed. */
  error: Error;
  /** Something arrived that this library does not understand; it was ignored. */
  ignored: { reason: string };
}

/** The server's refusal: its code (`unknown_session`, `busy`, `forbidden`, `unavailable`, ...) and its words. */
export class NeolithError extends RefusedError {
  constructor(
    readonly method: string,
    readonly code: string,
    readonly detail: string,
    readonly sessionId?: string,
  ) {
    super(`${method}: ${detail} (${code})`);
    this.name = 'NeolithError';
  }

  get isTemporary(): boolean {
    return kTemporaryCodes.has(this.code);
  }
}

const kTemporaryCodes: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'internal']);
/** Codes of a refused token that another attempt would not change. */
const kFinalCodes: ReadonlySet<string> = new Set(['unauthenticated', 'forbidden', 'invalid']);
/** The Neolith documents' reconnection: waits of at most 3 s, 6 s, 12 s, and so on, ten times. */
const kNeolithBackoff = { baseMs: 3_000, maxMs: 60_000 };
const kNeolithAttemptsMax = 10;
const kPing = 'ping';

export class NeolithClient extends DialectClient<NeolithSignals> {
  #options: NeolithClientOptions;
  #calls: Calls;
  #book = new SessionBook();
  #followed = new Map<string, Standing<Followed>>();
  #requestPrefix: string;

  constructor(options: NeolithClientOptions) {
    super({ backoff: kNeolithBackoff, attemptsMax: kNeolithAttemptsMax, ...options });
    this.#options = options;
    this.#calls = new Calls(this.link.clock);
    // A server takes the same id again for a retry of the same request, so no two clients may use the same ones.
    const random = options.random ?? Math.random;
    const letters = () => random().toString(36).slice(2, 12);
    this.#requestPrefix = `${letters()}${letters()}-${this.link.clock.now().toString(36)}-`;
  }

  /** The sessions this client has met and not stopped. The same array until one of them changes. */
  get sessions(): readonly Session[] {
    return this.#book.sessions;
  }

  /** What is known of a session, stopped ones included. */
  session(sessionId: string): Session | undefined {
    return this.#book.find(sessionId)?.session;
  }

  /** The text that the session's present or last task has said so far. */
  output(sessionId: string): string {
    return this.#book.find(sessionId)?.output ?? '';
  }

  /** Starts a session and follows it. Rejects with NeolithError, RpcTimeoutError or RpcConnectionError, as all do. */
  async spawnSession(payload: SpawnSessionPayload): Promise<Session> {
    const task = { type: 'general', status: 'pending', priority: 'medium', ...payload.task };
    const session = await this.#learn(this.#ask('spawn_session', { ...payload, task }));
    this.#standingFollow(session.id);
    return session;
  }

  /** Gives a session a task and follows it. Resolves when the task is taken; what comes of it are events. */
  async executeTask(payload: ExecuteTaskPayload): Promise<{ sessionId: string; taskId: string }> {
    if (!this.link.isOpen) return Promise.reject(new RpcConnectionError('execute_task', false, 'not connected'));
    await this.follow(payload.sessionId); // first, so that what it has said is whole
    const { sessionId, taskId } = await this.#ask('execute_task', { streamResponse: true, ...payload });
    return { sessionId, taskId };
  }

  getSessionStatus(sessionId: string): Promise<Session> {
    return this.#learn(this.#ask('session_status', { sessionId }));
  }

  /** Ends a session; it is no longer among `sessions`. */
  async stopSession(sessionId: string): Promise<Session> {
    this.#book.dismiss(sessionId);
    this.#changed(sessionId);
    return this.#learn(this.#ask('stop_session', { sessionId }));
  }

  /** The sessions of all orchestrators that this client may see. */
  async listSessions(): Promise<Session[]> {
    const sessions = await this.#ask('list_sessions', {});
    for (const session of sessions) this.#put(session);
    return sessions;
  }

  getDaemonStatus(): Promise<DaemonStatus> {
    return this.#ask('daemon_status', {});
  }

  /**
   * Wants a session's events from its beginning on, over reconnects. Resolves when the server has taken it, also if that
   * takes another connection. No effect if it is followed already.
   */
  follow(sessionId: string): Promise<Followed> {
    return this.#standingFollow(sessionId).first;
  }

  /** What is known of the session stays. */
  unfollow(sessionId: string): void {
    const standing = this.#followed.get(sessionId);
    if (!standing) return;
    standing.drop(`follow_session: ${sessionId}: unfollowed`);
    this.#followed.delete(sessionId);
    if (this.link.isOpen) this.#ask('unfollow_session', { sessionId }).catch(() => {});
  }

  protected override nextUrl(): string {
    return this.#options.url.replace(/^http/, 'ws');
  }

  protected override pingMessage(sequence: number): object {
    return { type: 'ping', requestId: `${kPing}-${sequence}` };
  }

  protected override dropped(reason: string): void {
    this.#calls.clear(reason);
  }

  protected override entered(state: ConnectionState): void {
    if (state.phase === 'open') for (const standing of this.#followed.values()) standing.renew();
    super.entered(state);
  }

  protected override received(data: unknown): void {
    const received = decodeNeolith(data);
    (this.#handlers[received.kind] as (received: NeolithReceived) => void)(received);
  }

  #handlers: { [Kind in NeolithReceived['kind']]: (received: Extract<NeolithReceived, { kind: Kind }>) => void } = {
    welcome: ({ healthy }) => this.#welcomed(healthy),
    answer: ({ requestId, content }) => this.#calls.answer(this.#callOf(requestId), content),
    refusal: ({ requestId, refusal }) => this.#refused(requestId, refusal),
    event: (event) => this.#deliver(event),
    skipped: ({ notice }) => this.signals.emit('skipped', notice),
    pong: ({ requestId }) => this.#ponged(requestId),
    nothing: () => {},
    invalid: ({ reason }) => this.signals.emit('ignored', { reason }),
  };

  #welcomed(healthy: boolean): void {
    if (this.link.state.phase !== 'connecting') return; // the answer to a health_check
    this.signals.emit('welcome', { healthy });
    const { token } = this.#options;
    if (token === undefined) return this.link.opened('');
    const taken = (authenticated: NeolithAnswers['auth_success']) => {
      this.signals.emit('authenticated', authenticated);
      this.link.opened(authenticated.sessionId);
    };
    this.#send('auth', { token }, taken).catch((error: Error) => {
      if (error instanceof NeolithError && kFinalCodes.has(error.code)) this.link.disconnect(error.detail);
      else if (!(error instanceof RpcConnectionError)) this.link.restart(error.message);
    });
  }

  #deliver({ type, sessionId, seq, content }: Extract<NeolithReceived, { kind: 'event' }>): void {
    const entry = this.#book.entry(sessionId);
    if (seq !== undefined && !entry.cursor.take({ seq })) return;
    this.#book.take(type, sessionId, content);
    this.signals.emit(type, content as never);
    this.#changed(sessionId);
  }

  #refused(requestId: string | undefined, { code, text, sessionId }: NeolithRefusal): void {
    const error = (method: string) => new NeolithError(method, code, text, sessionId);
    if (!this.#calls.fail(this.#callOf(requestId), error)) this.signals.emit('error', error('neolith'));
  }

  #ponged(requestId: string | undefined): void {
    const sequence = Number(requestId?.slice(kPing.length + 1));
    this.signals.emit('pong', { roundTripMs: this.link.roundTripMs(sequence) });
  }

  #standingFollow(sessionId: string): Standing<Followed> {
    const known = this.#followed.get(sessionId);
    if (known) return known;
    const { link } = this;
    const peer = {
      get isOpen() {
        return link.isOpen;
      },
      restart: (reason: string) => link.restart(reason),
      emit: (_name: 'error', error: Error) => this.signals.emit('error', error),
    };
    const standing = new Standing(peer, () => this.#establish(sessionId), () => this.#followed.delete(sessionId));
    this.#followed.set(sessionId, standing);
    return standing;
  }

  #establish(sessionId: string): Promise<Followed> {
    const { cursor } = this.#book.entry(sessionId);
    const since = cursor.last;
    return this.#send('follow_session', { sessionId, ...(since !== undefined && { since }) }, (followed: Followed) => {
      cursor.resumed(followed);
      this.signals.emit('followed', followed);
    }) as Promise<Followed>;
  }

  async #learn(answer: Promise<Session>): Promise<Session> {
    const session = await answer;
    this.#put(session);
    return session;
  }

  #put(session: Session): void {
    this.#book.put(session);
    this.#changed(session.id);
  }

  #changed(sessionId: string): void {
    this.signals.emit('changed', { sessionId });
  }

  #ask<Type extends keyof Requests>(type: Type, payload: object): Promise<NeolithAnswers[Requests[Type]]> {
    if (!this.link.isOpen) return Promise.reject(new RpcConnectionError(type, false, 'not connected'));
    return this.#send(type, payload) as Promise<NeolithAnswers[Requests[Type]]>;
  }

  #send(type: string, payload: object, answered?: (content: never) => void): Promise<unknown> {
    const timeoutMs = this.#options.requestTimeoutMs ?? 30_000;
    return this.#calls.call(type, { timeoutMs, answered }, (id) =>
      this.link.send({ type, requestId: `${this.#requestPrefix}${id}`, payload }),
    );
  }

  /** The call that a request id stands for; NaN if it is none of ours. */
  #callOf(requestId: string | undefined): number {
    return requestId?.startsWith(this.#requestPrefix) ? Number(requestId.slice(this.#requestPrefix.length)) : NaN;
  }
}

/** Which answer each request gets. */
interface Requests {
  spawn_session: 'session_spawned';
  execute_task: 'task_accepted';
  session_status: 'session_status_update';
  stop_session: 'session_status_update';
  list_sessions: 'sessions_list';
  daemon_status: 'daemon_status_update';
  unfollow_session: 'session_unfollowed';
}
