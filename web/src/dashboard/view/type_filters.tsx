// A switch for every family of types, and one for every type that exists or has appeared, each with how often it came.
import type { Dashboard } from '../model/dashboard.js';
import { kFamilies } from '../model/families.js';
import { hidesSome } from '../model/row_filter.js';
import { toneOf } from '../model/tones.js';

export function TypeFilters({ dashboard }: { dashboard: Dashboard }) {
  dashboard.tick.value; // drawn again four times a second
  const filter = dashboard.filter.value;
  return (
    <section class="panel filters" aria-labelledby="filters-title">
      <div class="panel-head">
        <h2 id="filters-title">Event types</h2>
        <button type="button" class="link" disabled={!hidesSome(filter)} onClick={() => dashboard.showAll()}>
          Show all
        </button>
      </div>
      <ul class="families" aria-label="Families of types">
        {kFamilies.map(({ family, name, about }) => (
          <li key={family} class={`filter tone-${toneOf(family)}`} data-family={family}>
            <Switch
              name={name}
              about={about}
              count={dashboard.counts.ofFamily(family)}
              isShown={!filter.hiddenFamilies.has(family)}
              onToggle={() => dashboard.toggleFamily(family)}
              onOnly={() => dashboard.showOnlyFamily(family)}
            />
          </li>
        ))}
      </ul>
      <ul class="types" aria-label="Types">
        {dashboard.counts.entries().map(([group, count]) => (
          <li key={group} class={`filter tone-${toneOf(group)}`} data-type={group}>
            <Switch
              name={group}
              count={count}
              isShown={!filter.hiddenGroups.has(group)}
              onToggle={() => dashboard.toggleGroup(group)}
              onOnly={() => dashboard.showOnly(group)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface SwitchProps {
  name: string;
  about?: string;
  count: number;
  isShown: boolean;
  onToggle: () => void;
  onOnly: () => void;
}

function Switch({ name, about, count, isShown, onToggle, onOnly }: SwitchProps) {
  return (
    <>
      <button type="button" class="filter-switch" aria-pressed={isShown} title={about} onClick={onToggle}>
        <span class="swatch" aria-hidden="true" />
        <span class="name">{name}</span>
        <span class="count">{count.toLocaleString('en')}</span>
      </button>
      <button type="button" class="link only" onClick={onOnly}>
        only<span class="unseen"> {name}</span>
      </button>
    </>
  );
}
