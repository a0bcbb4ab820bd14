// Messages from agent to agent: sent by name, received in the inbox that comes with authentication.
import type { Json, PresenceEntry, RpcMethods } from './rpc_messages.js';
import type { RpcPart, RpcPeer, RpcSignals } from './rpc_peer.js';

type Sent = RpcMethods['agent.send']['result'];

export class RpcAgents implements RpcPart {
  #peer: RpcPeer;
  #on: (listener: (message: RpcSignals['agentMessage']) => void) => () => void;
  #newest = -1;
  #acknowledged = -1;

  constructor(peer: RpcPeer, on: RpcAgents['onMessage']) {
    this.#peer = peer;
    this.#on = on;
  }

  /** `delivered`: it was connected. Not `success`: nobody is there, and it is not durable. */
  send(agentId: string, message: Json): Promise<Sent> {
    return this.#peer.call('agent.send', { agent_id: agentId, message });
  }

  /** The agents that have a live connection. */
  list(): Promise<PresenceEntry[]> {
    return this.#peer.call('agent.list', {});
  }

  /** The same as the client's signal `agentMessage`; the returned function ends it. */
  onMessage(listener: (message: RpcSignals['agentMessage']) => void): () => void {
    return this.#on(listener);
  }

  /** Of a durable agent: all up to `seq` is done with. What is not comes again (`again`) after a reconnect. */
  async ack(seq: number): Promise<void> {
    await this.#peer.call('agent.ack', { seq });
    this.#acknowledged = Math.max(this.#acknowledged, seq);
  }

  receive: RpcPart['receive'] = {
    'agent.message': (message) => {
      if (message.seq <= this.#acknowledged) return;
      const again = message.seq <= this.#newest;
      this.#newest = Math.max(this.#newest, message.seq);
      this.#peer.emit('agentMessage', { ...message, again });
    },
    'events.skipped': (notice) => this.#peer.emit('skipped', notice),
  };

  opened(): void {} // the inbox comes with the authentication
}
