// The jsonrpc dialect as types: methods with their parameters and results, and what the server says unasked.
//
// Types only; rpc_decode.ts checks what really arrives. Source: docs, "The dialects", section 2.
import type { Resumed, Skipped } from './messages.js';

export type Json = Record<string, unknown>;

export type EntityType = 'agent' | 'user' | 'session' | 'channel' | 'system';
export type PresenceStatus = 'online' | 'away' | 'busy' | 'offline' | 'do_not_disturb';

export interface PresenceEntry {
  entity_id: string;
  entity_type: EntityType;
  status: PresenceStatus;
  status_message?: string | null;
  connected_at?: string | null;
  last_seen?: string | null;
  metadata?: Json | null;
  capabilities?: string[] | null;
  current_activity?: string | null;
  session_id?: string | null;
  client_version?: string | null;
  platform?: string | null;
}

export interface PresenceUpdate {
  status: PresenceStatus;
  status_message?: string;
  activity?: string;
  metadata?: Json;
}

export interface EntityFilter {
  entity_id?: string;
  entity_type?: EntityType;
}

/** What a subscription to events asks for; nothing at all: what the dialect sends by default. */
export interface EventFilter {
  types?: readonly string[];
  topics?: readonly string[];
  /** 1 to 10: only events at least this urgent (priority number not above it). */
  min_priority?: number;
  sources?: readonly string[];
  session_id?: string;
}

/** What will be sent of the past: null if nothing. `recovered: false`: some of it is no longer held. */
export type Recovery = Pick<Resumed, 'recovered' | 'first_seq' | 'last_seq'>;

/** A notification `event`. */
export interface StreamEvent<Data = Json> {
  id?: string;
  type: string;
  data: Data;
  source: string;
  /** The emitter's time, ISO 8601 in UTC. */
  timestamp: string;
  seq: number;
  priority?: number;
  topic?: string;
  session_id?: string | null;
}

export interface ChannelMessage<Message = Json> {
  channel: string;
  message: Message;
  timestamp: string;
  seq: number;
}

export interface AgentMessage<Message = Json> {
  from: string;
  message: Message;
  timestamp: string;
  seq: number;
}

export interface PresenceChange {
  entity_id: string;
  entity_type: EntityType;
  status: PresenceStatus;
  status_message?: string | null;
  entry?: PresenceEntry | null;
  timestamp: string;
  seq?: number;
}

export interface RpcWelcome {
  connection_id: string;
  server_version: string;
  timestamp: string;
  capabilities: string[];
}

export interface Identity {
  success: true;
  session_id: string;
  entity_id: string;
  entity_type: EntityType;
  /** Of a durable agent: the seq up to which it has acknowledged. */
  position?: number;
}

interface Method<Params, Result> {
  params: Params;
  result: Result;
}
type Nothing = Record<string, never>;

/** Methods whose parameters and results are known here; any other may be called by its name, too. */
export interface RpcMethods {
  'rpc.ping': Method<Nothing, 'pong'>;
  'rpc.echo': Method<{ message: unknown }, unknown>;
  'rpc.listMethods': Method<Nothing, string[]>;
  'rpc.getMethodInfo': Method<
    { method: string },
    { name: string; require_auth: boolean; required_permissions: string[] }
  >;
  'rpc.getServerInfo': Method<Nothing, Json & { name: string; version: string; capabilities: string[] }>;
  'rpc.getStats': Method<Nothing, Json>;
  'auth.authenticate': Method<
    {
      token: string;
      entity_id?: string;
      entity_type?: EntityType;
      capabilities?: readonly string[];
      metadata?: Json;
      durable?: boolean;
    },
    Identity
  >;
  'auth.generateToken': Method<
    { entity_id: string; entity_type?: EntityType; permissions?: readonly string[]; expires_in_hours?: number },
    { token: string; expires_in_hours: number }
  >;
  'auth.revokeToken': Method<{ token: string }, { success: boolean }>;
  'session.getInfo': Method<Nothing, Json & { session_id: string; entity_id: string; permissions: string[] }>;
  'presence.update': Method<PresenceUpdate, { success: boolean }>;
  'presence.get': Method<EntityFilter, PresenceEntry | PresenceEntry[]>;
  'presence.subscribe': Method<EntityFilter, PresenceEntry[]>;
  'channel.subscribe': Method<{ channel: string }, { success: boolean; channel: string }>;
  'channel.unsubscribe': Method<{ channel: string }, { success: boolean; channel: string }>;
  'channel.publish': Method<
    { channel: string; message: Json },
    { success: boolean; recipients: number; seq: number }
  >;
  'channel.history': Method<
    { channel: string; limit?: number; since?: number },
    { messages: ChannelMessage[]; recovered: boolean }
  >;
  'agent.send': Method<{ agent_id: string; message: Json }, { success: boolean; delivered: boolean; seq?: number }>;
  'agent.list': Method<Nothing, PresenceEntry[]>;
  'agent.ack': Method<{ seq: number }, { success: boolean }>;
  'events.subscribe': Method<EventFilter & { since?: number }, Recovery & { success: boolean }>;
  'events.unsubscribe': Method<{ types?: readonly string[]; topics?: readonly string[] }, { success: boolean }>;
  'gateway.getStats': Method<Nothing, Json>;
}

/** What a skip notice speaks of. */
export type Feed = 'events' | 'channel' | 'agent' | 'presence';

/** The notifications of the server, by method. */
export interface RpcNotifications {
  'connection.welcome': RpcWelcome;
  heartbeat: { timestamp: string };
  event: StreamEvent;
  'events.resumed': Recovery & { subscription?: Feed };
  'events.skipped': Omit<Skipped, 'type'> & { subscription?: Feed };
  'channel.message': ChannelMessage;
  'agent.message': AgentMessage;
  'presence.changed': PresenceChange;
}
