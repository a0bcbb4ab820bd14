// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { positionAt, topOf, totalHeight, visibleRange, type Geometry } from '../../../src/dashboard/model/geometry.js';
import { jsonTokens } from '../../../src/dashboard/model/json_tokens.js';

const closed: Geometry = { rowHeight: 10, rows: 100, openAt: -1, openHeight: 0 };
const open: Geometry = { rowHeight: 10, rows: 100, openAt: 4, openHeight: 200 };

describe('geometry', () => {
  it('counts the open details once', () => {
    expect([totalHeight(closed), totalHeight(open)]).toEqual([1000, 1200]);
    expect([topOf(4, open), topOf(5, open), topOf(99, open)]).toEqual([40, 250, 1190]);
  });

  it('finds the row at a height, the open one for its details', () => {
    const heights = [0, 39, 40, 50, 249, 250, 259, 260, 5_000];
    expect(heights.map((y) => positionAt(y, open))).toEqual([0, 3, 4, 4, 4, 5, 5, 6, 99]);
    for (let i = 0; i < open.rows; i += 1) expect(positionAt(topOf(i, open), open)).toBe(i);
  });

  it('renders what is in sight and a little more', () => {
    expect(visibleRange(0, 50, 2, closed)).toEqual([0, 8]);
    expect(visibleRange(500, 50, 2, closed)).toEqual([48, 58]);
    expect(visibleRange(950, 50, 2, closed)).toEqual([93, 100]);
    expect(visibleRange(100, 50, 0, open)).toEqual([4, 5]);
    expect(visibleRange(0, 50, 2, { ...closed, rows: 0 })).toEqual([0, 0]);
  });
});

describe('JSON in colour', () => {
  it('is the same text in pieces of the right kind', () => {
    const json = JSON.stringify({ a: 'x: "1"', b: [-1.5e3, true, null], 'c\\': {} }, null, 2);
    const tokens = jsonTokens(json);
    expect(tokens.map(({ text }) => text).join('')).toBe(json);
    const of = (kind: string) => tokens.filter((token) => token.kind === kind).map(({ text }) => text);
    expect(of('key')).toEqual(['"a"', '"b"', '"c\\\\"']);
    expect(of('string')).toEqual(['"x: \\"1\\""']);
    expect(of('literal')).toEqual(['-1500', 'true', 'null']);
  });
});
