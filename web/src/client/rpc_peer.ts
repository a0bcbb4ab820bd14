// What the parts of a JsonRpcClient (events, channels, agents, presence) have of it and of each other.
import type { Skipped } from './messages.js';
import type { ConnectionState } from './link.js';
import type {
  AgentMessage,
  ChannelMessage,
  Feed,
  Identity,
  PresenceChange,
  PresenceEntry,
  Recovery,
  RpcMethods,
  RpcNotifications,
  RpcWelcome,
  StreamEvent,
} from './rpc_messages.js';

export interface RpcSignals {
  state: ConnectionState;
  welcome: RpcWelcome;
  /** The token was taken; the state `open` follows. */
  authenticated: Identity;
  event: StreamEvent;
  /** The answer to each subscription to events with a position: at its first, if it had one, and at each reconnect. */
  resumed: Recovery;
  /** What was left out, for good. A channel's is fetched again by itself (`channelRecovered`). */
  skipped: Omit<Skipped, 'type'> & { subscription?: Feed };
  channelMessage: ChannelMessage;
  /** What was missed on a channel has been delivered; `recovered` false: some of it is no longer held. */
  channelRecovered: { channel: string; recovered: boolean };
  /** `again`: it came before, and was not acknowledged. */
  agentMessage: AgentMessage & { again: boolean };
  presence: PresenceChange;
  /** Everybody of the subscription to presence, at its beginning and after each reconnect. */
  presenceSnapshot: PresenceEntry[];
  /** A notification that this library does not know. */
  notification: { method: string; params: Record<string, unknown> };
  /** `roundTripMs` is undefined for an answer that is not the latest ping's. */
  pong: { roundTripMs: number | undefined };
  /** What nobody waits for failed: renewing a subscription after a reconnect, or something the server could not place. */
  error: Error;
  /** Something arrived that this library does not understand; it was ignored. */
  ignored: { reason: string };
}

export interface RpcPeer {
  call<Name extends keyof RpcMethods>(
    method: Name,
    params: RpcMethods[Name]['params'],
    answered?: (result: RpcMethods[Name]['result']) => void,
  ): Promise<RpcMethods[Name]['result']>;
  /** Ends something on the server, where the end of the connection would do as well. */
  end<Name extends keyof RpcMethods>(method: Name, params: RpcMethods[Name]['params']): Promise<void>;
  emit<Name extends keyof RpcSignals>(name: Name, value: RpcSignals[Name]): void;
  /** Gives the connection up for another one: what it promised can't be kept on this one. */
  restart(reason: string): void;
  readonly isOpen: boolean;
}

/** One part: it takes its notifications, and says again on each connection what was asked of it. */
export interface RpcPart {
  receive: { [Name in keyof RpcNotifications]?: (params: RpcNotifications[Name]) => void };
  /** The connection is open and, if there is a token, authenticated. */
  opened(): void;
}

