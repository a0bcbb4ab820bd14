// The neolith dialect's server side of a FakeSocket: the test sees what was asked, and says the answers.
import type { Session } from '../../src/client/index.js';
import { FakeServer } from './fake_server.js';

interface Request {
  type: string;
  requestId: string;
  payload: Record<string, unknown>;
}

export class FakeNeolith extends FakeServer {
  #seq = 100;

  /** Opens the newest socket and says the welcome. */
  welcome(): void {
    this.socket.accept();
    this.socket.say({ type: 'health_check_response', healthy: true, payload: { healthy: true } });
  }

  /** The newest request of that type. */
  request(type: string): Request {
    const found = this.socket.sent.filter((message) => message['type'] === type).at(-1);
    if (!found) throw new Error(`no ${type} among ${JSON.stringify(this.socket.sent)}`);
    return found as unknown as Request;
  }

  count(type: string): number {
    return this.socket.sent.filter((message) => message['type'] === type).length;
  }

  answer(type: string, answer: string, content: Record<string, unknown>): void {
    this.socket.say({ type: answer, requestId: this.request(type).requestId, ...content, payload: content });
  }

  refuse(type: string, code: string, error = 'no'): void {
    this.answer(type, 'error', { error, code });
  }

  followed(sessionId: string, recovered = true): void {
    this.answer('follow_session', 'session_followed', { sessionId, recovered, first_seq: null, last_seq: null });
  }

  /** An event of a session, as the server renders it; returns its seq. */
  event(type: string, content: Record<string, unknown>, seq = (this.#seq += 3)): number {
    this.socket.say({ type, ...content, seq, timestamp: '2026-02-12T10:30:00.123456Z', payload: content });
    return seq;
  }

  chunk(sessionId: string, chunk: string, type = 'text'): number {
    return this.event('stream_chunk', { data: { sessionId, chunk, metadata: { type, index: 0 } } });
  }
}

export function session(id: string, status: Session['status'] = 'running'): Session {
  return { id, orchestratorId: 'vp_1', type: 'demo', status, task: { description: 'a task' } };
}
