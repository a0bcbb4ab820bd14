// cell0's client library: everything that users of it import, and nothing else.
export { backoffMs, kBackoffLimits, type BackoffLimits } from './backoff.js';
export {
  Cell0Client,
  type ClientOptions,
  type ClientSignals,
  type EventOrigin,
} from './client.js';
export { kSystemClock, type Clock, type Random } from './clock.js';
export { kConnectionLimits, type ConnectionLimits, type SocketConstructor, type SocketLike } from './connection.js';
export {
  createHooks,
  type HookFramework,
  type HookSettings,
  type SessionMonitor,
  type UseDaemonHandlers,
  type UseDaemonOptions,
  type UseDaemonReturn,
} from './hooks.js';
export {
  NeolithClient,
  NeolithError,
  type NeolithClientOptions,
  type NeolithSignals,
} from './neolith_client.js';
export type {
  DaemonStatus,
  ExecuteTaskPayload,
  Followed,
  Session,
  SessionEvents,
  SessionStatus,
  SessionTask,
  SpawnSessionPayload,
  StreamChunk,
  ToolCallInfo,
} from './neolith_messages.js';
export { kEventFamilies, type EventData } from './event_types.js';
export type { ConnectionState, LinkOptions } from './link.js';
export {
  isEvent,
  kKnownTypes,
  type Cell0Event,
  type Resumed,
  type ServerStats,
  type Skipped,
  type Welcome,
} from './messages.js';
export { publish, PublishError, type EventDraft, type Published, type PublishOptions } from './publish.js';
export {
  JsonRpcClient,
  type BatchOutcome,
  type BatchRequest,
  type RpcCallOptions,
  type RpcClientOptions,
} from './rpc_client.js';
export { kRpcCodes, RpcConnectionError, RpcError, RpcTimeoutError } from './rpc_errors.js';
export type {
  AgentMessage,
  ChannelMessage,
  EntityFilter,
  EntityType,
  EventFilter,
  Feed,
  Identity,
  PresenceChange,
  PresenceEntry,
  PresenceStatus,
  PresenceUpdate,
  Recovery,
  RpcMethods,
  RpcWelcome,
  StreamEvent,
} from './rpc_messages.js';
export type { RpcSignals } from './rpc_peer.js';
export type { Filter } from './subscription.js';
