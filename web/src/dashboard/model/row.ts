// One line of the list: an event made small enough to keep 100,000 of them, or a notice about the stream itself.
//
// The event's data is kept as its JSON text: flatter in memory than objects, searchable, and parsed again only when
// somebody opens it. Pure.
import type { Cell0Event } from '../../client/index.js';
import { familyOf, type Family } from './families.js';
import { summarise } from './summary.js';

export interface EventRow {
  kind: 'event';
  type: string;
  /** The name under which it is counted and filtered: its type, or kOtherTypes. */
  group: string;
  family: Family;
  source: string;
  timestamp: string;
  priority: number;
  /** One line for the list, at most kSummaryCharsMax long, without control characters. */
  summary: string;
  /** Severity worth a colour, from log levels and urgent priorities. */
  severity: 'error' | 'warning' | 'none';
  /** The whole event as JSON text. */
  json: string;
}

export interface NoticeRow {
  kind: 'notice';
  tone: 'info' | 'warning';
  /** ISO 8601. */
  timestamp: string;
  text: string;
}

export type Row = EventRow | NoticeRow;

export function eventRow(event: Cell0Event, group: string): EventRow {
  return {
    kind: 'event',
    type: event.type,
    group,
    family: familyOf(event.type),
    source: event.source ?? '',
    timestamp: event.timestamp,
    priority: event.priority ?? 5,
    summary: summarise(event),
    severity: severityOf(event),
    json: JSON.stringify(event),
  };
}

/** What a row costs against the log's bound: its characters. */
export function rowChars(row: Row): number {
  return row.kind === 'event' ? row.json.length + row.summary.length : row.text.length;
}

function severityOf(event: Cell0Event): EventRow['severity'] {
  const level = String(event.data['level'] ?? event.data['severity'] ?? '').toUpperCase();
  if (/^(ERROR|CRITICAL|FATAL|EMERG|ALERT)/.test(level) || /_(error|failed)$/.test(event.type)) return 'error';
  if (event.type === 'spell' && event.data['success'] === false) return 'error';
  if (/^(WARN|WARNING)/.test(level)) return 'warning';
  return 'none';
}
