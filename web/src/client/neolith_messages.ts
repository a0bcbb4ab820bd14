// The neolith dialect's messages as types: what a gateway and its clients say to each other about agents' sessions.
//
// Types only; neolith_decode.ts checks what really arrives. Source: docs/neolith.md; "The dialects", section 5.
import type { EventData } from './event_types.js';
import type { Skipped } from './messages.js';

export type Session = EventData['session_spawned']['session'];
export type SessionStatus = Session['status'];

/** What a session is to do. `type` and `status` are filled in where they are left out. */
export interface SessionTask {
  type?: 'code' | 'research' | 'analysis' | 'custom' | 'general';
  description: string;
  priority?: 'low' | 'medium' | 'high' | 'critical';
  status?: string;
}

export interface SpawnSessionPayload {
  orchestratorId: string;
  task: SessionTask;
  /** Which runner: one that an orchestrator's configuration names, else `demo`. */
  sessionType: string;
  memoryProfile?: string;
  /** What becomes of it when this client goes; default `continue`. */
  onDisconnect?: 'continue' | 'cancel';
}

export interface ExecuteTaskPayload {
  sessionId: string;
  /** What to do, in words or as a task. */
  task: string | SessionTask;
  context?: Record<string, unknown>;
  /** Whether the answer comes in chunks; default true. */
  streamResponse?: boolean;
}

export type StreamChunk = EventData['stream_chunk'];
export type ToolCallInfo = EventData['tool_call_start'] | EventData['tool_call_result'];

/** All orchestrators together. */
export interface DaemonStatus {
  status: string;
  /** Milliseconds. */
  uptime: number;
  activeSessions: number;
  queuedTasks: number;
  metrics: Record<string, number>;
  subsystems: Record<string, { status: string; lastCheck?: string | null }>;
  [more: string]: unknown;
}

/** Events of a session, by type, with the content that listeners get. */
export interface SessionEvents {
  session_spawned: Session;
  session_status_update: Session;
  task_executing: EventData['task_executing'];
  task_completed: EventData['task_completed'];
  task_failed: EventData['task_failed'];
  stream_start: EventData['stream_start'];
  stream_chunk: StreamChunk;
  stream_end: EventData['stream_end'];
  tool_call_start: EventData['tool_call_start'];
  tool_call_result: EventData['tool_call_result'];
}

/** Answers to requests, by type, with the content that they resolve with. */
export interface NeolithAnswers {
  session_spawned: Session;
  session_status_update: Session;
  sessions_list: Session[];
  daemon_status_update: DaemonStatus;
  task_accepted: { sessionId: string; taskId: string };
  /** The same, where the client does not follow the session. */
  task_executing: { sessionId: string; taskId: string };
  session_followed: Followed;
  session_unfollowed: { sessionId: string };
  auth_success: { sessionId: string; entityId?: string; scopes?: string[] };
}

/** `recovered` false: some of the session's earlier events are no longer held. */
export interface Followed {
  sessionId: string;
  recovered: boolean;
  first_seq: number | null;
  last_seq: number | null;
}

export type NeolithSkipped = Omit<Skipped, 'type'>;
