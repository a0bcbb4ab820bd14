// The page: a header, a side with figures and filters, and the list.
import type { Dashboard } from '../model/dashboard.js';
import { EventList } from './event_list.js';
import { Header } from './header.js';
import { StatsPanel } from './stats_panel.js';
import { Toolbar } from './toolbar.js';
import { TypeFilters } from './type_filters.js';

export function App({ dashboard }: { dashboard: Dashboard }) {
  return (
    <>
      <Header dashboard={dashboard} />
      <div class="page">
        <aside class="side" aria-label="Figures and filters">
          <StatsPanel dashboard={dashboard} />
          <TypeFilters dashboard={dashboard} />
        </aside>
        <main class="stream">
          <Toolbar dashboard={dashboard} />
          <EventList dashboard={dashboard} />
        </main>
      </div>
    </>
  );
}
