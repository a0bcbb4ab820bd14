// Turns a WebSocket text into a ServerMessage, or says what is wrong with it.
//
// Checks only what this library relies on; extra fields and extra message types pass, as the dialect promises that
// both may appear. Pure.
import type { Cell0Event, ServerMessage } from './messages.js';

export type Decoded =
  | { kind: 'message'; message: ServerMessage }
  | { kind: 'unknown'; type: string; message: Record<string, unknown> }
  | { kind: 'invalid'; reason: string };

type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isFlag: Check = (value) => typeof value === 'boolean';
const isSeqOrNull: Check = (value) => value === null || Number.isSafeInteger(value);
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isEventLike = (value: unknown): value is Cell0Event =>
  isObject(value) && isText(value['type']) && isText(value['timestamp']) && isObject(value['data']);
const isEventList: Check = (value) => Array.isArray(value) && value.every(isEventLike);
const isTextList: Check = (value) => Array.isArray(value) && value.every(isText);

/** Every message this library understands, with the fields it relies on. */
const kMessages: Record<ServerMessage['type'], Record<string, Check>> = {
  connection_established: { client_id: isText },
  event_history: { events: isEventList },
  event: { event: isEventLike },
  events_resumed: { recovered: isFlag, first_seq: isSeqOrNull, last_seq: isSeqOrNull },
  events_skipped: { from_seq: Number.isSafeInteger, to_seq: Number.isSafeInteger, reason: isText },
  subscription_updated: { subscribed_events: isTextList },
  pong: { sequence: isNumber },
  server_stats: { stats: isObject },
  ping: {},
  echo: {},
  auth_ok: {},
  error: { error: isText },
};

export function decode(text: unknown): Decoded {
  if (typeof text !== 'string') return { kind: 'invalid', reason: 'a binary frame' };
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'not JSON' };
  }
  if (!isObject(message)) return { kind: 'invalid', reason: 'not a JSON object' };
  const type = message['type'];
  if (typeof type !== 'string') return { kind: 'invalid', reason: 'no "type"' };
  if (!Object.hasOwn(kMessages, type)) return { kind: 'unknown', type, message };
  for (const [field, check] of Object.entries(kMessages[type as ServerMessage['type']])) {
    if (!check(message[field])) return { kind: 'invalid', reason: `${type}: "${field}" is missing or of the wrong type` };
  }
  return { kind: 'message', message: message as ServerMessage };
}
