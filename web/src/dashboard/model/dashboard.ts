// The dashboard's state: what arrived, what is shown of it, how the connection is. No DOM; the components draw it.
//
// Messages only fill the log; everything that is drawn changes at most once per animation frame (`frame`) or four times
// a second (`tick`, for figures that people read), however fast events arrive.
import { signal } from '@preact/signals';
import type { Cell0Client, Cell0Event, ConnectionState, Resumed, ServerStats, Skipped } from '../../client/index.js';
import { Actors } from './actors.js';
import { EventLog, kLogLimits, type LogLimits } from './event_log.js';
import { kFamilies, type Family } from './families.js';
import { FilteredView } from './filtered_view.js';
import { RateMeter } from './rate_meter.js';
import { eventRow, type NoticeRow } from './row.js';
import { kNoFilter, rowPredicate, type RowFilter } from './row_filter.js';
import { TypeCounts } from './type_counts.js';

/** Looking through the log for a new filter takes at most this much of a frame; the rest waits for the next. */
const kScanMsPerFrame = 8;
const kScanRowsPerStep = 1_000;
const kTickMs = 250;
const kStatsIntervalMs = 5_000;

/** What the dashboard needs of its surroundings; a test passes its own. */
export interface Surroundings {
  now(): number;
  /** Calls `draw` before the next repaint. */
  onNextFrame(draw: () => void): void;
  every(intervalMs: number, action: () => void): () => void;
  logLimits?: LogLimits;
}

export const kBrowser: Surroundings = {
  now: () => Date.now(),
  onNextFrame: (draw) => requestAnimationFrame(draw),
  every: (intervalMs, action) => {
    const timer = setInterval(action, intervalMs);
    return () => clearInterval(timer);
  },
};

export class Dashboard {
  readonly log: EventLog;
  readonly view: FilteredView;
  readonly counts = new TypeCounts();
  readonly rate = new RateMeter();
  readonly actors = new Actors();
  readonly now: () => number;

  /** Grows when the list must be drawn again. */
  readonly frame = signal(0);
  /** Grows when figures must be drawn again. */
  readonly tick = signal(0);
  readonly connection = signal<ConnectionState>({ phase: 'idle' });
  readonly serverStats = signal<ServerStats | undefined>(undefined);
  readonly roundTripMs = signal<number | undefined>(undefined);
  readonly filter = signal<RowFilter>(kNoFilter);
  /** True: the list stays at its newest row. */
  readonly following = signal(true);
  /** Number of the row whose details are open. */
  readonly open = signal<number | undefined>(undefined);
  /** Events since the page was opened or the list cleared. */
  received = 0;

  #client: Cell0Client;
  #surroundings: Surroundings;
  #frameWanted = false;
  #addedWhenPaused = 0;
  #wasOpen = false;
  #stops: (() => void)[] = [];

  constructor(client: Cell0Client, surroundings: Surroundings = kBrowser) {
    this.#client = client;
    this.#surroundings = surroundings;
    this.now = surroundings.now;
    this.log = new EventLog(surroundings.logLimits ?? kLogLimits);
    this.view = new FilteredView(this.log);
  }

  /** Listens to the client and connects it. */
  start(): void {
    const client = this.#client;
    this.#stops.push(
      client.on('event', ({ event, origin }) => this.#receive(event, origin === 'live')),
      client.on('state', (state) => this.#connectionChanged(state)),
      client.on('resumed', (notice) => this.#notice(...resumedNotice(notice))),
      client.on('skipped', (notice) => this.#notice('warning', skippedText(notice))),
      client.on('error', ({ error }) => this.#notice('warning', `The server says: ${error}`)),
      client.on('pong', ({ roundTripMs }) => (this.roundTripMs.value = roundTripMs)),
      this.#surroundings.every(kTickMs, () => (this.tick.value += 1)),
      this.#surroundings.every(kStatsIntervalMs, () => this.#askForStats()),
    );
    client.connect();
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#client.disconnect();
  }

  toggleConnection(): void {
    if (this.connection.value.phase === 'idle') this.#client.connect();
    else this.#client.disconnect();
  }

  /** Drops the connection, if there is one, and opens another: the page has other rights now. */
  reconnect(): void {
    this.#client.disconnect();
    this.#client.connect();
  }

  retryNow(): void {
    this.#client.retryNow();
  }

  /** Empties the list and its counts; what the server holds is untouched. */
  clear(): void {
    this.log.clear();
    this.counts.clear();
    this.received = 0;
    this.open.value = undefined;
    this.follow();
    this.#applyFilter();
    this.tick.value += 1;
  }

  setSearch(search: string): void {
    this.filter.value = { ...this.filter.value, search };
    this.#applyFilter();
  }

  toggleGroup(group: string): void {
    const hiddenGroups = new Set(this.filter.value.hiddenGroups);
    if (!hiddenGroups.delete(group)) hiddenGroups.add(group);
    this.#hide(hiddenGroups, this.filter.value.hiddenFamilies);
  }

  toggleFamily(family: Family): void {
    const hiddenFamilies = new Set(this.filter.value.hiddenFamilies);
    if (!hiddenFamilies.delete(family)) hiddenFamilies.add(family);
    this.#hide(this.filter.value.hiddenGroups, hiddenFamilies);
  }

  showAll(): void {
    this.#hide(new Set(), new Set());
  }

  /** Hides every group seen so far but this one. */
  showOnly(group: string): void {
    this.#hide(new Set(this.counts.entries().map(([name]) => name).filter((name) => name !== group)), new Set());
  }

  showOnlyFamily(family: Family): void {
    this.#hide(new Set(), new Set(kFamilies.map((other) => other.family).filter((other) => other !== family)));
  }

  follow(): void {
    this.following.value = true;
  }

  pause(): void {
    if (!this.following.value) return;
    this.#addedWhenPaused = this.view.added;
    this.following.value = false;
  }

  /** Rows that came to the view since the reader paused it. */
  get unseen(): number {
    return this.following.value ? 0 : this.view.added - this.#addedWhenPaused;
  }

  /** Opening a row pauses the list: what one reads should not run away. */
  toggleOpen(number: number): void {
    this.open.value = this.open.value === number ? undefined : number;
    if (this.open.value !== undefined) this.pause();
  }

  #receive(event: Cell0Event, isLive: boolean): void {
    this.log.push(eventRow(event, this.counts.count(event.type)));
    this.received += 1;
    this.actors.take(event);
    if (isLive) this.rate.record(this.now());
    this.#wantFrame();
  }

  #notice(tone: NoticeRow['tone'], text: string): void {
    this.log.push({ kind: 'notice', tone, timestamp: new Date(this.now()).toISOString(), text });
    this.#wantFrame();
  }

  #connectionChanged(state: ConnectionState): void {
    this.connection.value = state;
    if (state.phase === 'open') this.#askForStats();
    else this.roundTripMs.value = undefined;
    if (this.#wasOpen && state.phase === 'waiting') this.#notice('warning', `Connection lost: ${state.reason}.`);
    if (state.phase === 'idle' && state.reason) this.#notice('warning', `Not connected: ${state.reason}.`);
    this.#wasOpen = state.phase === 'open';
  }

  #askForStats(): void {
    if (this.#client.state.phase !== 'open') return;
    this.#client.ping();
    this.#client.getStats().then(
      (stats) => (this.serverStats.value = stats),
      () => {}, // the figures stay as they are; the connection's own state tells what is wrong
    );
  }

  #hide(hiddenGroups: ReadonlySet<string>, hiddenFamilies: ReadonlySet<Family>): void {
    this.filter.value = { ...this.filter.value, hiddenGroups, hiddenFamilies };
    this.#applyFilter();
  }

  #applyFilter(): void {
    this.view.setFilter(rowPredicate(this.filter.value));
    this.#addedWhenPaused = 0;
    this.follow(); // positions of the old view mean nothing in the new one
    this.#catchUp();
  }

  #wantFrame(): void {
    if (this.#frameWanted) return;
    this.#frameWanted = true;
    this.#surroundings.onNextFrame(() => {
      this.#frameWanted = false;
      this.#catchUp();
    });
  }

  #catchUp(): void {
    const start = this.now();
    do this.view.catchUp(kScanRowsPerStep);
    while (this.view.isBehind && this.now() - start < kScanMsPerFrame);
    this.frame.value += 1;
    if (this.view.isBehind) this.#wantFrame();
  }
}

function resumedNotice(notice: Resumed): [NoticeRow['tone'], string] {
  if (!notice.recovered) return ['warning', 'Connected again. Some of what happened meanwhile is no longer held.'];
  if (notice.first_seq === null) return ['info', 'Connected again. Nothing was missed.'];
  return ['info', 'Connected again. What happened meanwhile follows.'];
}

const kSkipReasons: ReadonlyMap<string, string> = new Map([
  ['slow', 'this page could not keep up'],
  ['gap', 'the gateway could not get them'],
  ['not_retained', 'they are no longer held'],
]);

function skippedText(notice: Skipped): string {
  const count = notice.count?.toLocaleString('en');
  const which = notice.priority_above > 0 ? ` of priority ${notice.priority_above + 1} and lower urgency` : '';
  const events = count === '1' ? '1 event' : `${count ?? 'Some'} events`;
  const reason = kSkipReasons.get(notice.reason) ?? notice.reason;
  return `${events}${which} skipped, seq ${notice.from_seq} to ${notice.to_seq}: ${reason}.`;
}
