// A switch for every type that exists or has appeared, with how often it did.
import type { Dashboard } from '../model/dashboard.js';
import { toneOf } from '../model/tones.js';

export function TypeFilters({ dashboard }: { dashboard: Dashboard }) {
  dashboard.tick.value; // drawn again four times a second
  const { hiddenGroups } = dashboard.filter.value;
  return (
    <section class="panel filters" aria-labelledby="filters-title">
      <div class="panel-head">
        <h2 id="filters-title">Event types</h2>
        <button type="button" class="link" disabled={hiddenGroups.size === 0} onClick={() => dashboard.showAllGroups()}>
          Show all
        </button>
      </div>
      <ul>
        {dashboard.counts.entries().map(([group, count]) => (
          <li key={group} class={`filter tone-${toneOf(group)}`} data-type={group}>
            <button
              type="button"
              class="filter-switch"
              aria-pressed={!hiddenGroups.has(group)}
              onClick={() => dashboard.toggleGroup(group)}
            >
              <span class="swatch" aria-hidden="true" />
              <span class="name">{group}</span>
              <span class="count">{count.toLocaleString('en')}</span>
            </button>
            <button type="button" class="link only" onClick={() => dashboard.showOnly(group)}>
              only<span class="unseen"> {group}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
