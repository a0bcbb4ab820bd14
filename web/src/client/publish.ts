// Publishing over HTTP: POST /api/v1/events, answered after the event is committed.
//
// Needs a token: reading may be anonymous, publishing is not. Works wherever `fetch` does.

export interface EventDraft {
  type: string;
  source: string;
  data: Record<string, unknown>;
  /** 1 to 10, lower is more urgent; default by type. */
  priority?: number;
  session_id?: string;
  topic?: string;
}

/** Where the event now is in the stream; `duplicate`: it was there already (same idempotency key). */
export interface Published {
  seq: number;
  duplicate: boolean;
}

export interface PublishOptions {
  /** Base of the HTTP interface: `http://host:8080`. */
  url: string;
  token: string;
  /** The same key within 24 h publishes once: pass the key of the first try when you try again. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  fetch?: typeof fetch;
}

/** The server's refusal, with its status and its words. */
export class PublishError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(`publish: HTTP ${status}${detail && `: ${detail}`}`);
    this.name = 'PublishError';
  }
}

/**
 * Publishes one event, or several in order (which may end half done: each is committed for itself).
 * Rejects with PublishError when refused, with fetch's own error when the server cannot be reached.
 */
export function publish(draft: EventDraft, options: PublishOptions): Promise<Published>;
export function publish(drafts: readonly EventDraft[], options: PublishOptions): Promise<Published[]>;
export async function publish(
  drafts: EventDraft | readonly EventDraft[],
  options: PublishOptions,
): Promise<Published | Published[]> {
  const response = await (options.fetch ?? fetch)(new URL('/api/v1/events', options.url), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${options.token}`,
      ...(options.idempotencyKey !== undefined && { 'Idempotency-Key': options.idempotencyKey }),
    },
    body: JSON.stringify(drafts),
    ...(options.signal && { signal: options.signal }),
  });
  const text = await response.text();
  if (!response.ok) throw new PublishError(response.status, text.slice(0, kDetailCharsMax));
  return JSON.parse(text) as Published | Published[];
}

const kDetailCharsMax = 500;
