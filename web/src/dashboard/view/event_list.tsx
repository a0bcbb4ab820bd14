// The list of events: only the rows in sight exist in the document, however many are held.
//
// Two modes: following (stays at the newest row) and paused (stays where the reader is, also while old rows fall out of
// the log). Scrolling up pauses; scrolling to the end, or the "new" button, follows again.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Dashboard } from '../model/dashboard.js';
import { topOf, totalHeight, visibleRange, type Geometry } from '../model/geometry.js';
import { EventRowView } from './event_row.js';
import { useRowHeight } from './row_height.js';
import { useRowKeys } from './row_keys.js';

const kOverscanRows = 8;
/** Details have a height of their own, measured once they are drawn; until then this is assumed. */
const kDetailsHeightGuess = 240;

export function EventList({ dashboard }: { dashboard: Dashboard }) {
  dashboard.frame.value; // drawn again with every frame that brought something
  const { view } = dashboard;
  const following = dashboard.following.value;
  const open = dashboard.open.value;
  const rowHeight = useRowHeight();
  const scroller = useRef<HTMLDivElement>(null);
  const scrollTop = useSignal(0);
  const viewport = useSignal(0);
  const detailsHeight = useSignal(kDetailsHeightGuess);
  const droppedBefore = useRef(view.dropped);

  const geometry: Geometry = {
    rowHeight,
    rows: view.size,
    openAt: open === undefined ? -1 : view.positionOf(open),
    openHeight: detailsHeight.value,
  };
  const height = totalHeight(geometry);

  // Rows that fell out above the reader moved everything up by their height; so does the scroll position.
  const fallen = Math.max(0, view.dropped - droppedBefore.current);
  const top = following ? Math.max(0, height - viewport.value) : Math.max(0, scrollTop.value - fallen * rowHeight);
  const [first, end] = visibleRange(top, viewport.value, kOverscanRows, geometry);

  useLayoutEffect(() => {
    droppedBefore.current = view.dropped;
    const element = scroller.current;
    if (!element || (!following && fallen === 0)) return;
    element.scrollTop = top;
    scrollTop.value = element.scrollTop;
  });

  useEffect(() => observeHeight(scroller.current, (pixels) => (viewport.value = pixels)), []);
  const onKeyDown = useRowKeys(dashboard, scroller, geometry, [first, end]);

  const onScroll = () => {
    const element = scroller.current!;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight / 2;
    if (isAtEnd && element.scrollTop > scrollTop.value) dashboard.follow();
    else if (!isAtEnd && element.scrollTop < scrollTop.value) dashboard.pause();
    scrollTop.value = element.scrollTop;
  };

  const rows = [];
  for (let position = first; position < end; position += 1) {
    const number = view.numberAt(position);
    rows.push(
      <EventRowView
        key={number}
        row={view.rowAt(position)}
        number={number}
        position={position}
        isOpen={number === open}
        onToggle={() => dashboard.toggleOpen(number)}
        onDetailsHeight={(pixels) => (detailsHeight.value = pixels)}
      />,
    );
  }
  return (
    <div class="list-frame">
      <div
        class="list"
        ref={scroller}
        role="region"
        aria-label="Events"
        tabIndex={0}
        data-following={following}
        style={{ '--row-height': `${rowHeight}px` }}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        {rows.length === 0 ? (
          <Empty dashboard={dashboard} />
        ) : (
          <div class="canvas" style={{ height: `${height}px` }}>
            <div class="window" role="list" style={{ transform: `translateY(${topOf(first, geometry)}px)` }}>
              {rows}
            </div>
          </div>
        )}
      </div>
      {!following && dashboard.unseen > 0 && (
        <button type="button" class="button new" onClick={() => dashboard.follow()}>
          {dashboard.unseen.toLocaleString('en')} new
          <span aria-hidden="true"> ↓</span>
        </button>
      )}
    </div>
  );
}

function Empty({ dashboard }: { dashboard: Dashboard }) {
  const isFiltered = dashboard.log.size > 0;
  const isOpen = dashboard.connection.value.phase === 'open';
  return (
    <p class="empty">
      {isFiltered ? 'No event here passes the filters.' : isOpen ? 'Waiting for the first event.' : 'Not connected.'}
    </p>
  );
}

function observeHeight(element: HTMLElement | null, report: (pixels: number) => void): (() => void) | undefined {
  if (!element) return undefined;
  report(element.clientHeight);
  if (typeof ResizeObserver === 'undefined') return undefined;
  const observer = new ResizeObserver(() => report(element.clientHeight));
  observer.observe(element);
  return () => observer.disconnect();
}
