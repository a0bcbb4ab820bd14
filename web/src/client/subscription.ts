// Which event types a client wants, kept over reconnects, and how a connection's address says so.
//
// Mirrors the gateway's rule: a new client has `all`, `replace` clears first, names accumulate. Pure.

/** Narrowing that holds for a client's whole life; absent means everything. */
export interface Filter {
  /** 1 to 10: only events at least this urgent (priority number not above it). */
  minPriority?: number;
  sources?: readonly string[];
  sessionId?: string;
}

export class Subscription {
  #types: Set<string>;

  constructor(types: readonly string[] = ['all']) {
    this.#types = new Set(types);
  }

  get types(): string[] {
    return [...this.#types];
  }

  get isDefault(): boolean {
    return this.#types.size === 1 && this.#types.has('all');
  }

  add(types: readonly string[], replace: boolean): void {
    if (replace) this.#types.clear();
    for (const type of types) this.#types.add(type);
  }

  remove(types: readonly string[]): void {
    for (const type of types) this.#types.delete(type);
  }
}

/**
 * The address of the next connection: `url` (ws, wss, http or https) with the subscription, the filter and the resume
 * point as query parameters, so that what the gateway replays is filtered from its first event on.
 */
export function connectionUrl(url: string, subscription: Subscription, filter: Filter, since?: number): string {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  const query = address.searchParams;
  if (!subscription.isDefault && subscription.types.length > 0) query.set('types', subscription.types.join(','));
  if (filter.minPriority !== undefined) query.set('min_priority', String(filter.minPriority));
  if (filter.sources?.length) query.set('sources', filter.sources.join(','));
  if (filter.sessionId !== undefined) query.set('session_id', filter.sessionId);
  if (since !== undefined) query.set('since', String(since));
  return address.href;
}
