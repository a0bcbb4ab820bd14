// Figures: how fast events come here, and what the gateway says of itself.
import type { Dashboard } from '../model/dashboard.js';
import { durationText } from '../model/phrases.js';
import { Sparkline } from './sparkline.js';

const kNone = '–';
const kNamesMax = 20;

export function StatsPanel({ dashboard }: { dashboard: Dashboard }) {
  dashboard.tick.value; // drawn again four times a second
  const now = dashboard.now();
  const stats = dashboard.serverStats.value;
  const rate = dashboard.rate.perSecond(now);
  const { daemons, sessions } = dashboard.actors;
  const started = stats ? Date.parse(stats.start_time) : NaN;
  return (
    <section class="panel" aria-label="Statistics">
      <div class="rate">
        <div>
          <div class="figure" data-stat="rate">
            {rate >= 100 ? whole(Math.round(rate)) : rate.toFixed(1)}
          </div>
          <div class="label">events / s</div>
        </div>
        <Sparkline values={dashboard.rate.history(now)} />
      </div>
      <dl class="figures">
        <Figure name="total" label="Received" value={whole(dashboard.received)} />
        <Figure
          name="uptime"
          label="Uptime"
          value={Number.isNaN(started) ? kNone : durationText((now - started) / 1000)}
        />
        <Figure name="connections" label="Connections" value={whole(stats?.connected_clients)} />
        <Figure name="connections-total" label="Connections ever" value={whole(stats?.total_connections)} />
        <Figure name="daemons" label="Daemons there" value={whole(daemons.length)} names={daemons} />
        <Figure name="sessions" label="Sessions running" value={whole(sessions.length)} names={sessions} />
        <Figure name="sent" label="Messages out" value={whole(stats?.messages_sent)} />
        <Figure name="taken" label="Messages in" value={whole(stats?.messages_received)} />
      </dl>
    </section>
  );
}

function Figure({ name, label, value, names }: { name: string; label: string; value: string; names?: string[] }) {
  return (
    <div title={names?.slice(0, kNamesMax).join(', ')}>
      <dt>{label}</dt>
      <dd data-stat={name}>{value}</dd>
    </div>
  );
}

function whole(value: number | undefined): string {
  return value === undefined ? kNone : value.toLocaleString('en');
}
