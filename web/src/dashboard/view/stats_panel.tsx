// Figures: how fast events come here, and what the gateway says of itself.
import type { Dashboard } from '../model/dashboard.js';
import { durationText } from '../model/phrases.js';
import { Sparkline } from './sparkline.js';

const kNone = '–';

export function StatsPanel({ dashboard }: { dashboard: Dashboard }) {
  dashboard.tick.value; // drawn again four times a second
  const now = dashboard.now();
  const stats = dashboard.serverStats.value;
  const rate = dashboard.rate.perSecond(now);
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
        <Figure name="sent" label="Messages out" value={whole(stats?.messages_sent)} />
        <Figure name="taken" label="Messages in" value={whole(stats?.messages_received)} />
      </dl>
    </section>
  );
}

function Figure({ name, label, value }: { name: string; label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd data-stat={name}>{value}</dd>
    </div>
  );
}

function whole(value: number | undefined): string {
  return value === undefined ? kNone : value.toLocaleString('en');
}
