// What a call can end with, other than its result.

/** Codes of the dialect; an error may have another one. */
export const kRpcCodes = {
  parse: -32700,
  invalidRequest: -32600,
  noSuchMethod: -32601,
  params: -32602,
  internal: -32603,
  server: -32000,
  notAuthenticated: -32001,
  notPermitted: -32002,
  rateLimit: -32003,
  timeout: -32004,
  session: -32100,
  noSuchEntity: -32101,
  invalidState: -32102,
  routing: -32103,
} as const;

const kTemporaryCodes: ReadonlySet<number> = new Set([
  kRpcCodes.server,
  kRpcCodes.internal,
  kRpcCodes.timeout,
  kRpcCodes.routing,
]);

/** The server said no. Nothing was done. */
export abstract class RefusedError extends Error {
  /** Whether the same may succeed later: something that is needed is away, or did not answer in time. */
  abstract readonly isTemporary: boolean;
}

/** The refusal of a JSON-RPC server: its code, its words, and `data` where it gave some. */
export class RpcError extends RefusedError {
  constructor(
    readonly method: string,
    readonly code: number,
    readonly detail: string,
    readonly data?: unknown,
  ) {
    super(`${method}: ${detail} (${code})`);
    this.name = 'RpcError';
  }

  get isTemporary(): boolean {
    return kTemporaryCodes.has(this.code);
  }
}

/** No answer in time. It may have been done. */
export class RpcTimeoutError extends Error {
  constructor(
    readonly method: string,
    timeoutMs: number,
  ) {
    super(`${method}: no answer within ${timeoutMs} ms`);
    this.name = 'RpcTimeoutError';
  }
}

/** There was no connection (`sent` false: nothing was done), or it was lost before the answer (it may have been). */
export class RpcConnectionError extends Error {
  constructor(
    readonly method: string,
    readonly sent: boolean,
    reason: string,
  ) {
    super(`${method}: ${reason}`);
    this.name = 'RpcConnectionError';
  }
}

/** Whether the same may succeed later: something that is needed is away, or did not answer in time. */
export function isTemporary(error: Error): boolean {
  return error instanceof RpcTimeoutError || (error instanceof RefusedError && error.isTemporary);
}
