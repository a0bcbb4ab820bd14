// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { kKnownTypes } from '../../../src/client/index.js';
import { RateMeter } from '../../../src/dashboard/model/rate_meter.js';
import { toneOf } from '../../../src/dashboard/model/tones.js';
import { kOtherTypes, kTypesMax, TypeCounts } from '../../../src/dashboard/model/type_counts.js';

describe('the rate', () => {
  it('is the mean of the last five whole seconds', () => {
    const meter = new RateMeter();
    for (let second = 100; second < 110; second += 1) {
      for (let i = 0; i < 20; i += 1) meter.record(second * 1000 + i);
    }
    expect(meter.perSecond(110_000)).toBe(20);
    expect(meter.perSecond(112_000)).toBe(12);
    expect(meter.perSecond(200_000)).toBe(0);
  });

  it('shows the last minute, oldest first, and nothing older', () => {
    const meter = new RateMeter();
    meter.record(1_000_000);
    expect(meter.history(1_001_000).at(-1)).toBe(1);
    expect(meter.history(1_060_000)[0]).toBe(1);
    expect(meter.history(1_061_000)).toEqual(new Array(60).fill(0));
  });
});

describe('counts by type', () => {
  it('show the eight known types always', () => {
    const counts = new TypeCounts();
    counts.count('chat_message');
    counts.count('novelty');
    expect(counts.entries().map(([type]) => type)).toEqual([...kKnownTypes, 'novelty']);
    expect(Object.fromEntries(counts.entries())).toMatchObject({ chat_message: 1, novelty: 1, heartbeat: 0 });
    counts.clear();
    expect(counts.entries()).toEqual(kKnownTypes.map((type) => [type, 0]));
  });

  it('put types beyond a bound under one name', () => {
    const counts = new TypeCounts();
    for (let i = 0; i < 10_000; i += 1) counts.count(`invented_${i}`);
    expect(counts.entries()).toHaveLength(kTypesMax + 1);
    expect(counts.count('one_more')).toBe(kOtherTypes);
    expect(counts.count('invented_0')).toBe('invented_0');
  });
});

describe('tones', () => {
  it('differ between the eight known types', () => {
    expect(new Set(kKnownTypes.map(toneOf)).size).toBe(kKnownTypes.length);
  });

  it('are shared by a family and steady for anything else', () => {
    expect(toneOf('llm_result')).toBe(toneOf('llm_start'));
    expect(toneOf('something_else')).toBe(toneOf('something_else'));
    expect(toneOf('constructor')).toMatch(/^[a-z]+$/);
  });
});
