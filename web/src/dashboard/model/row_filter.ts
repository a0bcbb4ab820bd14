// What the reader wants to see: types and families of types switched off, and a text to search for. Pure.
import type { Family } from './families.js';
import type { Row } from './row.js';

export interface RowFilter {
  hiddenGroups: ReadonlySet<string>;
  hiddenFamilies: ReadonlySet<Family>;
  /** Every word (separated by spaces) must occur in the event's JSON or its line, whatever the case. */
  search: string;
}

export const kNoFilter: RowFilter = { hiddenGroups: new Set(), hiddenFamilies: new Set(), search: '' };

export function hidesSome({ hiddenGroups, hiddenFamilies }: RowFilter): boolean {
  return hiddenGroups.size > 0 || hiddenFamilies.size > 0;
}

/** Notices about the stream pass always: what is missing must be seen. */
export function rowPredicate(filter: RowFilter): (row: Row) => boolean {
  const words = filter.search
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => new RegExp(word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i'));
  return (row) =>
    row.kind === 'notice' ||
    (!filter.hiddenGroups.has(row.group) &&
      !filter.hiddenFamilies.has(row.family) &&
      words.every((word) => word.test(row.json) || word.test(row.summary)));
}
