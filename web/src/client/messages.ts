// The cell0d dialect's messages as types: what a gateway and its clients say to each other over WebSocket.
//
// Types and their narrowing only; decode.ts checks what really arrives. Source: docs, "The dialects", section 1.
import type { EventData } from './event_types.js';

/** The eight types of cell0d itself, in the order in which people list them. */
export const kKnownTypes = [
  'system_status',
  'chat_message',
  'model_activity',
  'mcic_event',
  'log_stream',
  'heartbeat',
  'client_connect',
  'client_disconnect',
] as const satisfies readonly (keyof EventData)[];

/** One event. `seq` is the system-wide position (absent only from servers older than cell0). */
export interface Cell0Event<Data = Record<string, unknown>> {
  id: string;
  type: string;
  /** The emitter's time, ISO 8601 in UTC. */
  timestamp: string;
  source: string;
  data: Data;
  /** 1 to 10, lower is more urgent. */
  priority: number;
  seq?: number;
  session_id?: string | null;
}

/** Narrows an event to a known type's data. The gateway has checked the fields where the event entered. */
export function isEvent<Type extends keyof EventData>(
  event: Cell0Event,
  type: Type,
): event is Cell0Event<EventData[Type] & Record<string, unknown>> & { type: Type } {
  return event.type === type;
}

/** First message of every connection. */
export interface Welcome {
  type: 'connection_established';
  client_id: string;
  timestamp: string;
  server_version: string;
}

/** The last events before the connection (with `note`), or the answer to get_history (without); oldest first. */
export interface History {
  type: 'event_history';
  events: Cell0Event[];
  count: number;
  note?: string;
}

/** Answer to a connection with `since`: what will be sent. `recovered: false`: some of it is no longer held. */
export interface Resumed {
  type: 'events_resumed';
  recovered: boolean;
  first_seq: number | null;
  last_seq: number | null;
}

/** What this client did not get: durable and relaxed events in the range whose priority number is above the floor. */
export interface Skipped {
  type: 'events_skipped';
  from_seq: number;
  to_seq: number;
  priority_above: number;
  /** How many, if the gateway knows. */
  count: number | null;
  reason: 'slow' | 'gap' | 'not_retained' | (string & {});
}

export interface ServerStats {
  total_connections: number;
  connected_clients: number;
  messages_sent: number;
  messages_received: number;
  /** ISO 8601 in UTC. */
  start_time: string;
  client_ids: string[];
  [more: string]: unknown;
}

export type ServerMessage =
  | Welcome
  | History
  | Resumed
  | Skipped
  | { type: 'event'; event: Cell0Event }
  | { type: 'subscription_updated'; subscribed_events: string[] }
  | { type: 'pong'; sequence: number; timestamp: string; client_id: string }
  | { type: 'server_stats'; stats: ServerStats }
  | { type: 'ping'; timestamp: string; sequence: number }
  | { type: 'echo'; data: unknown }
  | { type: 'auth_ok'; entity_id: string; scopes: string[] }
  | { type: 'error'; error: string };

export type ClientMessage =
  | { type: 'subscribe'; event_types: string[]; replace?: boolean }
  | { type: 'unsubscribe'; event_types: string[] }
  | { type: 'ping'; sequence: number }
  | { type: 'get_history'; event_type?: string; limit?: number; since?: number }
  | { type: 'get_stats' };
