// How long to wait before the next attempt to connect: exponential backoff with full jitter.
//
// Attempt n (counted from 1) waits a uniformly random time in [0, min(maxMs, baseMs * 2^(n-1))), so that a thousand
// clients of a gateway that went away do not come back at once. Pure.
import type { Random } from './clock.js';

export interface BackoffLimits {
  /** Upper bound of the first wait, in ms, above 0. */
  baseMs: number;
  /** Upper bound of every wait, in ms, at least baseMs. */
  maxMs: number;
}

export const kBackoffLimits: BackoffLimits = { baseMs: 500, maxMs: 30_000 };

/** REQUIRES: attempt is an integer >= 1. */
export function backoffMs(attempt: number, limits: BackoffLimits, random: Random): number {
  const doublings = Math.min(attempt - 1, 52); // beyond that 2^n loses nothing but meaning
  return Math.floor(random() * Math.min(limits.maxMs, limits.baseMs * 2 ** doublings));
}
