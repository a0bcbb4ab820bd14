// What one does with the list: search it, let it run, empty it.
import type { Dashboard } from '../model/dashboard.js';
import { hidesSome } from '../model/row_filter.js';

export const kSearchInputId = 'search';

export function Toolbar({ dashboard }: { dashboard: Dashboard }) {
  const following = dashboard.following.value;
  const { search } = dashboard.filter.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="List">
      <label class="search">
        <span class="unseen">Search events</span>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="6.75" cy="6.75" r="4.5" />
          <path d="M10.2 10.2 14 14" />
        </svg>
        <input
          id={kSearchInputId}
          type="search"
          placeholder="Search"
          autocomplete="off"
          spellcheck={false}
          value={search}
          onInput={(event) => dashboard.setSearch(event.currentTarget.value)}
        />
      </label>
      <Shown dashboard={dashboard} />
      <button
        type="button"
        class="button follow"
        aria-pressed={following}
        title={following ? 'The list stays at its newest event' : 'The list stays where it is'}
        onClick={() => (following ? dashboard.pause() : dashboard.follow())}
      >
        Follow
      </button>
      <button type="button" class="button" aria-keyshortcuts="Control+K" onClick={() => dashboard.clear()}>
        Clear
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
    </div>
  );
}

function Shown({ dashboard }: { dashboard: Dashboard }) {
  dashboard.tick.value; // drawn again four times a second
  const filter = dashboard.filter.value;
  const shown = dashboard.view.size.toLocaleString('en');
  const isFiltered = filter.search !== '' || hidesSome(filter);
  return <span class="quiet shown">{isFiltered ? `${shown} of ${dashboard.log.size.toLocaleString('en')}` : `${shown} held`}</span>;
}
