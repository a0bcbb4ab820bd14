// Moving through the list by keyboard: arrows go from row to row, Enter (the row's own button) opens it.
//
// The list is one stop of the Tab key. A focused row that leaves the document hands its focus back to the list.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { Dashboard } from '../model/dashboard.js';
import { topOf, type Geometry } from '../model/geometry.js';

const kSteps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

export function useRowKeys(
  dashboard: Dashboard,
  scroller: RefObject<HTMLDivElement>,
  geometry: Geometry,
  [first, end]: [number, number],
): (event: KeyboardEvent) => void {
  const active = useRef<number>(); // number of the row that has, or is to get, the focus

  useLayoutEffect(() => {
    if (active.current === undefined) return;
    const list = scroller.current!;
    const button = list.querySelector<HTMLElement>(`[data-number="${active.current}"] .opener`);
    if (button && (document.activeElement === list || list.contains(document.activeElement))) {
      button.focus({ preventScroll: true });
    } else if (!button) {
      active.current = undefined;
      if (document.activeElement === document.body) list.focus({ preventScroll: true });
    }
  });

  return (event) => {
    const step = kSteps[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey || geometry.rows === 0) return;
    event.preventDefault();
    dashboard.pause();
    const list = scroller.current!;
    const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>('[data-number]');
    const from = focused ? dashboard.view.positionOf(Number(focused.dataset['number'])) : step > 0 ? first - 1 : end;
    const to = Math.max(0, Math.min(from + step, geometry.rows - 1));
    active.current = dashboard.view.numberAt(to);
    revealRow(list, to, geometry);
    dashboard.frame.value += 1;
  };
}

function revealRow(list: HTMLElement, position: number, geometry: Geometry): void {
  const top = topOf(position, geometry);
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + geometry.rowHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + geometry.rowHeight - list.clientHeight;
  }
}
