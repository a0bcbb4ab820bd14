// What a client knows of agents' sessions: their state, and the text that their current task has said so far.
//
// Pure data, filled by a NeolithClient. Bounded: over kSessionsMax the oldest that is over is forgotten (or else the
// oldest), and of a text longer than kOutputCharsMax the beginning.
import { Cursor } from './cursor.js';
import type { Session, SessionEvents } from './neolith_messages.js';

export const kSessionsMax = 500;
export const kOutputCharsMax = 1 << 20;

export interface SessionEntry {
  readonly id: string;
  /** Undefined until the server has said something of it. */
  session: Session | undefined;
  /** What stream chunks of type text have said since the last stream_start. */
  output: string;
  /** Stopped by this client: no longer among `sessions`. */
  isDismissed: boolean;
  cursor: Cursor;
}

const kOver: ReadonlySet<string> = new Set(['completed', 'failed', 'terminated']);

export class SessionBook {
  #entries = new Map<string, SessionEntry>();
  #sessions: readonly Session[] | undefined;

  /** All that is known and not dismissed, in the order in which it became known. The same array until that changes. */
  get sessions(): readonly Session[] {
    this.#sessions ??= [...this.#entries.values()].flatMap(({ session, isDismissed }) =>
      session && !isDismissed ? [session] : [],
    );
    return this.#sessions;
  }

  find(id: string): SessionEntry | undefined {
    return this.#entries.get(id);
  }

  entry(id: string): SessionEntry {
    let entry = this.#entries.get(id);
    if (!entry) {
      if (this.#entries.size >= kSessionsMax) this.#forgetOne();
      entry = { id, session: undefined, output: '', isDismissed: false, cursor: new Cursor() };
      this.#entries.set(id, entry);
    }
    return entry;
  }

  /** What the server says of the session now. */
  put(session: Session): void {
    this.entry(session.id).session = session;
    this.#sessions = undefined;
  }

  /** This client has no more to do with it. */
  dismiss(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) entry.isDismissed = true;
    this.#sessions = undefined;
  }

  take<Type extends keyof SessionEvents>(type: Type, sessionId: string, content: SessionEvents[Type]): void {
    if (type === 'session_spawned' || type === 'session_status_update') return this.put(content as Session);
    if (type === 'stream_start') this.entry(sessionId).output = '';
    if (type === 'stream_chunk') this.#append(sessionId, content as SessionEvents['stream_chunk']);
  }

  #append(sessionId: string, { chunk, metadata }: SessionEvents['stream_chunk']): void {
    if ((metadata?.type ?? 'text') !== 'text') return; // thinking and tools are not what it says
    const entry = this.entry(sessionId);
    entry.output = (entry.output + chunk).slice(-kOutputCharsMax);
  }

  #forgetOne(): void {
    const entries = [...this.#entries.values()];
    const oldest = entries.find(({ session }) => session && kOver.has(session.status)) ?? entries[0]!;
    this.#entries.delete(oldest.id);
    this.#sessions = undefined;
  }
}
