// Where rows of a fixed height stand in a long list of which one row may be open, with details below it. Pure; pixels.

export interface Geometry {
  rowHeight: number;
  rows: number;
  /** Position of the open row, -1 if none. */
  openAt: number;
  /** Height of its details. */
  openHeight: number;
}

export function totalHeight(g: Geometry): number {
  return g.rows * g.rowHeight + (g.openAt >= 0 ? g.openHeight : 0);
}

export function topOf(position: number, g: Geometry): number {
  return position * g.rowHeight + (g.openAt >= 0 && position > g.openAt ? g.openHeight : 0);
}

/** Position of the row (or of the row whose details are) at that height; 0 in an empty list. */
export function positionAt(y: number, g: Geometry): number {
  const detailsTop = (g.openAt + 1) * g.rowHeight;
  let position = Math.floor(y / g.rowHeight);
  if (g.openAt >= 0 && y >= detailsTop) {
    position = y < detailsTop + g.openHeight ? g.openAt : Math.floor((y - g.openHeight) / g.rowHeight);
  }
  return Math.max(0, Math.min(position, g.rows - 1));
}

/** Positions [first, end) to render for a viewport at `top`, with `overscan` rows on either side. */
export function visibleRange(top: number, viewport: number, overscan: number, g: Geometry): [number, number] {
  if (g.rows === 0) return [0, 0];
  const first = Math.max(0, positionAt(top, g) - overscan);
  const end = Math.min(g.rows, positionAt(top + viewport, g) + 1 + overscan);
  return [first, end];
}
