// Turns a WebSocket text of the neolith dialect into a welcome, an answer, an event or an error, or says what is wrong.
//
// Checks only what this library relies on. Pure.
import type { NeolithAnswers, NeolithSkipped, SessionEvents } from './neolith_messages.js';

export interface NeolithRefusal {
  code: string;
  text: string;
  sessionId?: string;
}

type Event = { [Type in keyof SessionEvents]: { type: Type; content: SessionEvents[Type] } }[keyof SessionEvents];

/** `requestId`: of the request that it answers; absent from what comes unasked. */
export type NeolithReceived =
  | { kind: 'welcome'; healthy: boolean }
  | { kind: 'answer'; requestId: string; type: keyof NeolithAnswers; content: unknown }
  | { kind: 'refusal'; requestId: string | undefined; refusal: NeolithRefusal }
  | ({ kind: 'event'; sessionId: string; seq: number | undefined } & Event)
  | { kind: 'skipped'; notice: NeolithSkipped }
  | { kind: 'pong'; requestId: string | undefined }
  | { kind: 'nothing' }
  | { kind: 'invalid'; reason: string };

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';

/** Where a session's event says whose it is: its content is in `member`, or beside `type`. */
const kEvents: Record<keyof SessionEvents, { member?: string; sessionId: string; texts: string[] }> = {
  session_spawned: { member: 'session', sessionId: 'id', texts: ['status'] },
  session_status_update: { member: 'session', sessionId: 'id', texts: ['status'] },
  task_executing: { sessionId: 'sessionId', texts: ['taskId'] },
  task_completed: { sessionId: 'sessionId', texts: ['taskId'] },
  task_failed: { sessionId: 'sessionId', texts: ['taskId', 'error'] },
  stream_start: { member: 'data', sessionId: 'sessionId', texts: [] },
  stream_chunk: { member: 'data', sessionId: 'sessionId', texts: ['chunk'] },
  stream_end: { member: 'data', sessionId: 'sessionId', texts: [] },
  tool_call_start: { member: 'data', sessionId: 'sessionId', texts: ['toolName'] },
  tool_call_result: { member: 'data', sessionId: 'sessionId', texts: ['toolName'] },
};

/** Where each answer's content is, and what it must be. */
const kAnswers: Record<keyof NeolithAnswers, { member?: string; accepts: (content: unknown) => boolean }> = {
  session_spawned: { member: 'session', accepts: isSession },
  session_status_update: { member: 'session', accepts: isSession },
  sessions_list: { member: 'sessions', accepts: (content) => Array.isArray(content) && content.every(isSession) },
  daemon_status_update: { member: 'status', accepts: isObject },
  task_accepted: { accepts: isTask },
  task_executing: { accepts: isTask },
  session_followed: { accepts: isObject },
  session_unfollowed: { accepts: isObject },
  auth_success: { accepts: (content) => isObject(content) && isText(content['sessionId']) },
};

function isTask(content: unknown): boolean {
  return isObject(content) && isText(content['sessionId']) && isText(content['taskId']);
}

function isSession(content: unknown): boolean {
  return isObject(content) && isText(content['id']) && isText(content['status']);
}

export function decodeNeolith(text: unknown): NeolithReceived {
  if (typeof text !== 'string') return { kind: 'invalid', reason: 'a binary frame' };
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'not JSON' };
  }
  if (!isObject(message) || !isText(message['type'])) return { kind: 'invalid', reason: 'no object with a "type"' };
  return decodeMessage(message['type'], message);
}

function decodeMessage(type: string, message: Fields): NeolithReceived {
  const requestId = isText(message['requestId']) ? message['requestId'] : undefined;
  if (type === 'health_check_response') return { kind: 'welcome', healthy: message['healthy'] === true };
  if (type === 'pong') return { kind: 'pong', requestId };
  if (type === 'error' || type === 'auth_error') return { kind: 'refusal', requestId, refusal: refusalOf(message) };
  if (type === 'events_skipped') return { kind: 'skipped', notice: message as unknown as NeolithSkipped };
  if (type === 'events_resumed') return { kind: 'nothing' }; // session_followed says the same
  if (requestId !== undefined && Object.hasOwn(kAnswers, type)) {
    return decodeAnswer(requestId, type as keyof NeolithAnswers, message);
  }
  if (Object.hasOwn(kEvents, type)) return decodeEvent(type as keyof SessionEvents, message);
  return { kind: 'invalid', reason: `message type "${type}"` };
}

function decodeAnswer(requestId: string, type: keyof NeolithAnswers, message: Fields): NeolithReceived {
  const { member, accepts } = kAnswers[type];
  const content = member === undefined ? message : message[member];
  if (!accepts(content)) return { kind: 'invalid', reason: `${type}: its content is missing or of the wrong type` };
  return { kind: 'answer', requestId, type, content };
}

function decodeEvent(type: keyof SessionEvents, message: Fields): NeolithReceived {
  const row = kEvents[type];
  const content = row.member === undefined ? message : message[row.member];
  if (!isObject(content) || ![row.sessionId, ...row.texts].every((name) => isText(content[name]))) {
    return { kind: 'invalid', reason: `${type}: a field is missing or of the wrong type` };
  }
  const seq = Number.isSafeInteger(message['seq']) ? (message['seq'] as number) : undefined;
  return { kind: 'event', type, sessionId: content[row.sessionId], seq, content } as NeolithReceived;
}

function refusalOf(message: Fields): NeolithRefusal {
  const text = message['error'] ?? message['message'];
  const sessionId = message['sessionId'];
  return {
    code: isText(message['code']) ? message['code'] : 'error',
    text: isText(text) ? text : 'refused',
    ...(isText(sessionId) && { sessionId }),
  };
}
