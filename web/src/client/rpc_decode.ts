// Turns a WebSocket text into JSON-RPC responses and notifications, or says what is wrong with it.
//
// Checks only what this library relies on. Pure.
import type { RpcNotifications } from './rpc_messages.js';

export interface RpcFailure {
  code: number;
  message: string;
  data?: unknown;
}

export type RpcReceived =
  | { kind: 'result'; id: string | number; result: unknown }
  /** `id` null: the server could not tell which request it answers. */
  | { kind: 'failure'; id: string | number | null; failure: RpcFailure }
  | { kind: 'notification'; method: string; params: Record<string, unknown> }
  | { kind: 'invalid'; reason: string };

type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isSeq: Check = (value) => Number.isSafeInteger(value);
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

/** What is relied on in each notification. */
const kNotifications: { [Name in keyof RpcNotifications]: Record<string, Check> } = {
  'connection.welcome': { connection_id: isText },
  heartbeat: {},
  event: { type: isText, seq: isSeq, data: isObject },
  'events.resumed': { recovered: (value) => typeof value === 'boolean' },
  'events.skipped': { from_seq: isSeq, to_seq: isSeq },
  'channel.message': { channel: isText, seq: isSeq },
  'agent.message': { from: isText, seq: isSeq },
  'presence.changed': { entity_id: isText, status: isText },
};

export function isKnownNotification(method: string): method is keyof RpcNotifications {
  return Object.hasOwn(kNotifications, method);
}

/** One text may hold several: the answer to a batch. */
export function decodeRpc(text: unknown): RpcReceived[] {
  if (typeof text !== 'string') return [{ kind: 'invalid', reason: 'a binary frame' }];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [{ kind: 'invalid', reason: 'not JSON' }];
  }
  return (Array.isArray(parsed) ? parsed : [parsed]).map(decodeOne);
}

function decodeOne(message: unknown): RpcReceived {
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return { kind: 'invalid', reason: 'not JSON-RPC 2.0' };
  if (typeof message['method'] === 'string') return decodeNotification(message['method'], message['params'] ?? {});
  const id = message['id'];
  const error = message['error'];
  if (isObject(error) && typeof error['code'] === 'number' && typeof error['message'] === 'string') {
    const failure = { code: error['code'], message: error['message'], ...('data' in error && { data: error['data'] }) };
    return { kind: 'failure', id: isId(id) ? id : null, failure };
  }
  if ('result' in message && isId(id)) return { kind: 'result', id, result: message['result'] };
  return { kind: 'invalid', reason: 'neither a response nor a notification' };
}

function decodeNotification(method: string, params: unknown): RpcReceived {
  if (!isObject(params)) return { kind: 'invalid', reason: `${method}: "params" is not an object` };
  for (const [field, check] of Object.entries(isKnownNotification(method) ? kNotifications[method] : {})) {
    if (!check(params[field])) return { kind: 'invalid', reason: `${method}: "${field}" is missing or of the wrong type` };
  }
  return { kind: 'notification', method, params };
}
