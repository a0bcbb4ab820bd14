// Who is at work, by what the events said last: daemons that are summoned, agents' sessions that are not over. Pure.
//
// Bounded: beyond kActorsMax of a kind the one heard of first is forgotten.
import { isEvent, type Cell0Event } from '../../client/index.js';

export const kActorsMax = 1_000;

const kOver: ReadonlySet<string> = new Set(['completed', 'failed', 'terminated']);

export class Actors {
  #daemons = new Set<string>();
  #sessions = new Set<string>();

  /** Their names, in the order in which they came. */
  get daemons(): string[] {
    return [...this.#daemons];
  }

  get sessions(): string[] {
    return [...this.#sessions];
  }

  take(event: Cell0Event): void {
    if (isEvent(event, 'spell')) this.#cast(event.data);
    else if (isEvent(event, 'session_spawned') || isEvent(event, 'session_status_update')) {
      const { id, status } = event.data.session ?? {};
      if (typeof id === 'string') note(this.#sessions, id, !kOver.has(status));
    }
  }

  #cast({ spell_name: spell, daemon_name: name, success }: { spell_name: string; daemon_name: string | null; success: boolean }): void {
    if (typeof name !== 'string' || !success) return;
    if (spell === 'summon' || spell === 'invoke') note(this.#daemons, name, true);
    else if (spell === 'banish') note(this.#daemons, name, false);
  }
}

function note(names: Set<string>, name: string, isThere: boolean): void {
  if (!isThere) names.delete(name);
  else if (names.size < kActorsMax || names.has(name)) names.add(name);
  else {
    names.delete(names.values().next().value!);
    names.add(name);
  }
}
