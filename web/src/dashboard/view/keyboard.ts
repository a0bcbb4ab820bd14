// The page's shortcuts: Ctrl+C connects or disconnects, Ctrl+K clears, "/" goes to the search.
//
// Ctrl+C is also the key for copying: with text selected, or in a field, it stays that.
import type { Dashboard } from '../model/dashboard.js';
import { kSearchInputId } from './toolbar.js';

export function listenToKeys(dashboard: Dashboard, page: Document = document): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || event.metaKey || event.shiftKey || event.repeat) return;
    const action = actionOf(event, page, dashboard);
    if (!action) return;
    event.preventDefault();
    action();
  };
  page.addEventListener('keydown', onKeyDown);
  return () => page.removeEventListener('keydown', onKeyDown);
}

function actionOf(event: KeyboardEvent, page: Document, dashboard: Dashboard): (() => void) | undefined {
  const key = event.key.toLowerCase();
  const isTyping = isEditable(event.target);
  if (event.ctrlKey && key === 'c') {
    return isTyping || hasSelection(page) ? undefined : () => dashboard.toggleConnection();
  }
  if (event.ctrlKey && key === 'k') return () => dashboard.clear();
  if (!event.ctrlKey && key === '/' && !isTyping) return () => page.getElementById(kSearchInputId)?.focus();
  return undefined;
}

function hasSelection(page: Document): boolean {
  const selection = page.getSelection();
  return selection !== null && !selection.isCollapsed && selection.toString() !== '';
}

function isEditable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select, [contenteditable=""], [contenteditable="true"]'))
  );
}
