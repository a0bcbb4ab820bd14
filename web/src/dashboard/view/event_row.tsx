// One row of the list: an event, with its details when it is open, or a notice.
import type { EventRow, NoticeRow, Row } from '../model/row.js';
import { toneOf } from '../model/tones.js';
import { Details } from './details.js';

export interface RowProps {
  row: Row;
  number: number;
  position: number;
  isOpen: boolean;
  onToggle: () => void;
  onDetailsHeight: (pixels: number) => void;
}

export function EventRowView(props: RowProps) {
  return props.row.kind === 'notice' ? <Notice {...props} row={props.row} /> : <Event {...props} row={props.row} />;
}

function Notice({ row, number, position }: RowProps & { row: NoticeRow }) {
  return (
    <div
      class={`row notice notice-${row.tone}`}
      role="listitem"
      aria-setsize={-1}
      aria-posinset={position + 1}
      data-number={number}
    >
      <time dateTime={row.timestamp}>{clockTime(row.timestamp)}</time>
      <span class="notice-text">{row.text}</span>
    </div>
  );
}

function Event({ row, number, position, isOpen, onToggle, onDetailsHeight }: RowProps & { row: EventRow }) {
  const detailsId = `details-${number}`;
  const urgent = row.priority <= 2 || row.severity === 'error' ? ' urgent' : '';
  return (
    <div
      class={`entry${isOpen ? ' open' : ''}`}
      role="listitem"
      aria-setsize={-1}
      aria-posinset={position + 1}
      data-number={number}
    >
      <div
        class={`row tone-${toneOf(row.type)} severity-${row.severity}${urgent}`}
        data-type={row.type}
        onClick={() => hasSelection() || onToggle()}
      >
        <button
          type="button"
          class="opener"
          tabIndex={-1}
          aria-expanded={isOpen}
          aria-controls={isOpen ? detailsId : undefined}
          aria-label={`Details of ${row.type} at ${clockTime(row.timestamp)}`}
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
        >
          <svg viewBox="0 0 8 8" aria-hidden="true">
            <path d="M2.5 1 5.5 4 2.5 7" />
          </svg>
        </button>
        <time dateTime={row.timestamp}>{clockTime(row.timestamp)}</time>
        <span class="badge">{row.type}</span>
        <span class="source">{row.source}</span>
        <span class="summary">{row.summary}</span>
      </div>
      {isOpen && <Details id={detailsId} json={row.json} onHeight={onDetailsHeight} />}
    </div>
  );
}

/** A drag that selected text is no click: it ends in a copy. */
function hasSelection(): boolean {
  return (globalThis.getSelection?.()?.toString() ?? '') !== '';
}

/** Local time with milliseconds, `10:30:00.123`; what the server sent if it is no time. */
export function clockTime(timestamp: string): string {
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime())) return timestamp.slice(0, 12);
  const two = (n: number) => String(n).padStart(2, '0');
  const millis = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${millis}`;
}
