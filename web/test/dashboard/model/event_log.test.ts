// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/dashboard/model/event_log.js';
import type { NoticeRow } from '../../../src/dashboard/model/row.js';

const row = (text: string): NoticeRow => ({ kind: 'notice', tone: 'info', timestamp: '', text });
const texts = (log: EventLog) =>
  Array.from({ length: log.size }, (_, i) => (log.at(log.first + i) as NoticeRow).text);

describe('the log', () => {
  it('drops its oldest rows over its count', () => {
    const log = new EventLog({ rowsMax: 3, charsMax: 1000 });
    for (const text of ['a', 'b', 'c', 'd', 'e']) log.push(row(text));
    expect(texts(log)).toEqual(['c', 'd', 'e']);
    expect([log.first, log.end]).toEqual([2, 5]);
    expect([log.at(1), log.at(5)]).toEqual([undefined, undefined]);
  });

  it('drops its oldest rows over its characters, but never the newest', () => {
    const log = new EventLog({ rowsMax: 10, charsMax: 6 });
    for (const text of ['aa', 'bb', 'cc', 'dd']) log.push(row(text));
    expect(texts(log)).toEqual(['bb', 'cc', 'dd']);
    log.push(row('much too long'));
    expect(texts(log)).toEqual(['much too long']);
    log.push(row('e'));
    expect(texts(log)).toEqual(['e']);
  });

  it('goes on counting after clear()', () => {
    const log = new EventLog({ rowsMax: 3, charsMax: 1000 });
    log.push(row('a'));
    log.clear();
    log.push(row('b'));
    expect(texts(log)).toEqual(['b']);
    expect(log.first).toBe(1);
  });
});
