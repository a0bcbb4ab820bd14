// The page: a header, a form for a token if one is wanted, a side with figures and filters, and the list.
import type { Dashboard } from '../model/dashboard.js';
import type { Login } from '../model/login.js';
import { EventList } from './event_list.js';
import { Header } from './header.js';
import { LoginForm } from './login_form.js';
import { StatsPanel } from './stats_panel.js';
import { Toolbar } from './toolbar.js';
import { TypeFilters } from './type_filters.js';

export function App({ dashboard, login }: { dashboard: Dashboard; login: Login }) {
  return (
    <>
      <Header dashboard={dashboard} login={login} />
      <LoginForm login={login} />
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
