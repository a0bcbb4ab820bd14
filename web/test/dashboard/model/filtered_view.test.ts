// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/dashboard/model/event_log.js';
import { FilteredView } from '../../../src/dashboard/model/filtered_view.js';
import { eventRow, type EventRow, type Row } from '../../../src/dashboard/model/row.js';
import { kNoFilter, rowPredicate } from '../../../src/dashboard/model/row_filter.js';
import { event } from '../../support/fake_server.js';

function filled(rowsMax: number, types: string[]): { log: EventLog; view: FilteredView } {
  const log = new EventLog({ rowsMax, charsMax: 1e9 });
  for (const [i, type] of types.entries()) log.push(eventRow(event(i, type), type));
  return { log, view: new FilteredView(log) };
}

const hide = (...groups: string[]) => rowPredicate({ ...kNoFilter, hiddenGroups: new Set(groups), search: '' });
const types = (view: FilteredView) => Array.from({ length: view.size }, (_, i) => (view.rowAt(i) as EventRow).type);

describe('the view', () => {
  it('holds what passes, in order', () => {
    const { view } = filled(10, ['a', 'b', 'a', 'c']);
    view.setFilter(hide('a'));
    view.catchUp(100);
    expect(types(view)).toEqual(['b', 'c']);
    expect([0, 1, 2, 3].map((number) => view.positionOf(number))).toEqual([-1, 0, -1, 1]);
  });

  it('looks at no more rows than it is told, and says that it is behind', () => {
    const { view } = filled(10, ['a', 'b', 'c']);
    view.catchUp(2);
    expect([types(view), view.isBehind]).toEqual([['a', 'b'], true]);
    view.catchUp(2);
    expect([types(view), view.isBehind]).toEqual([['a', 'b', 'c'], false]);
  });

  it('forgets what the log dropped and counts it, also when it was far behind', () => {
    const { log, view } = filled(4, ['a', 'b', 'c', 'd']);
    view.catchUp(100);
    for (const type of ['e', 'f']) log.push(eventRow(event(9, type), type));
    view.catchUp(100);
    expect([types(view), view.dropped, view.added]).toEqual([['c', 'd', 'e', 'f'], 2, 6]);
    for (let i = 0; i < 50; i += 1) log.push(eventRow(event(9, `g${i}`), 'g'));
    view.catchUp(100);
    expect(types(view)).toEqual(['g46', 'g47', 'g48', 'g49']);
  });

  it('goes on showing what the log dropped until it catches up', () => {
    const { log, view } = filled(2, ['a', 'b']);
    view.catchUp(100);
    for (const type of ['c', 'd']) log.push(eventRow(event(9, type), type));
    expect(types(view)).toEqual(['a', 'b']);
    view.catchUp(100);
    expect(types(view)).toEqual(['c', 'd']);
  });

  it('is empty after the log was cleared', () => {
    const { log, view } = filled(4, ['a', 'b']);
    view.catchUp(100);
    log.clear();
    view.catchUp(100);
    expect(view.size).toBe(0);
  });
});

describe('the filter', () => {
  const chat = eventRow(event(1, 'chat_message', { message: 'Hello (again) "you"', sender: 'ada' }), 'chat_message');
  const notice: Row = { kind: 'notice', tone: 'warning', timestamp: '', text: 'skipped' };

  it.each([
    { search: '', passes: true },
    { search: 'hello', passes: true },
    { search: 'ada HELLO', passes: true },
    { search: '(again)', passes: true },
    { search: '"you"', passes: true },
    { search: 'hello bob', passes: false },
    { search: '.*', passes: false },
  ])('with "$search" passes: $passes', ({ search, passes }) => {
    expect(rowPredicate({ ...kNoFilter, hiddenGroups: new Set(), search })(chat)).toBe(passes);
  });

  it('passes notices whatever is searched or hidden', () => {
    expect(rowPredicate({ ...kNoFilter, hiddenGroups: new Set(['chat_message']), search: 'zzz' })(notice)).toBe(true);
    expect(rowPredicate({ ...kNoFilter, hiddenGroups: new Set(['chat_message']), search: '' })(chat)).toBe(false);
  });
});
