// Name, state of the connection and the switch for it, and who is logged in.
import type { ConnectionState } from '../../client/index.js';
import type { Dashboard } from '../model/dashboard.js';
import type { Login } from '../model/login.js';
import { Account } from './login_form.js';

export function Header({ dashboard, login }: { dashboard: Dashboard; login: Login }) {
  const state = dashboard.connection.value;
  return (
    <header class="header">
      <h1 class="brand">
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="9.25" />
          <circle cx="12" cy="12" r="3.25" />
        </svg>
        cell0
      </h1>
      <ConnectionIndicator dashboard={dashboard} />
      <Account login={login} />
      <button
        type="button"
        class="button connect"
        aria-keyshortcuts="Control+C"
        onClick={() => dashboard.toggleConnection()}
      >
        {state.phase === 'idle' ? 'Connect' : 'Disconnect'}
        <kbd aria-hidden="true">Ctrl C</kbd>
      </button>
    </header>
  );
}

function ConnectionIndicator({ dashboard }: { dashboard: Dashboard }) {
  const state = dashboard.connection.value;
  const roundTrip = dashboard.roundTripMs.value;
  return (
    <div class="connection" data-phase={state.phase}>
      <span class="dot" aria-hidden="true" />
      <span role="status">{phaseText(state)}</span>
      {state.phase === 'waiting' && <Countdown dashboard={dashboard} state={state} />}
      {state.phase === 'open' && roundTrip !== undefined && (
        <span class="quiet" title="Time from a ping to its answer">
          {roundTrip} ms
        </span>
      )}
    </div>
  );
}

/** Changes only with the state, not with the countdown: a screen reader speaks it once. */
function phaseText(state: ConnectionState): string {
  switch (state.phase) {
    case 'idle':
      return state.reason ? `Disconnected: ${state.reason}` : 'Disconnected';
    case 'connecting':
      return state.attempt > 1 ? `Connecting, attempt ${state.attempt}` : 'Connecting';
    case 'open':
      return 'Live';
    case 'waiting':
      return `Reconnecting: ${state.reason}`;
  }
}

type Waiting = Extract<ConnectionState, { phase: 'waiting' }>;

function Countdown({ dashboard, state }: { dashboard: Dashboard; state: Waiting }) {
  dashboard.tick.value; // drawn again four times a second
  const seconds = Math.max(0, (state.retryAt - dashboard.now()) / 1000);
  return (
    <>
      <span class="quiet countdown">
        attempt {state.attempt} in {seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s
      </span>
      <button type="button" class="button small" onClick={() => dashboard.retryNow()}>
        Now
      </button>
    </>
  );
}
