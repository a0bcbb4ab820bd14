// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { backoffMs, kBackoffLimits } from '../../src/client/index.js';

const kAlmostOne = 1 - Number.EPSILON;

describe('backoff', () => {
  it.each([
    { attempt: 1, below: 500 },
    { attempt: 2, below: 1_000 },
    { attempt: 6, below: 16_000 },
    { attempt: 7, below: 30_000 },
    { attempt: 10_000, below: 30_000 },
  ])('attempt $attempt waits anything below $below ms', ({ attempt, below }) => {
    expect(backoffMs(attempt, kBackoffLimits, () => 0)).toBe(0);
    expect(backoffMs(attempt, kBackoffLimits, () => 0.5)).toBe(below / 2);
    expect(backoffMs(attempt, kBackoffLimits, () => kAlmostOne)).toBeLessThan(below);
  });
});
