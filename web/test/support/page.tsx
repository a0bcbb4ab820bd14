// The whole page in jsdom, against a fake server, with frames and ticks that come when the test says.
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { Cell0Client } from '../../src/client/index.js';
import { Dashboard, type Surroundings } from '../../src/dashboard/model/dashboard.js';
import { Login } from '../../src/dashboard/model/login.js';
import { App } from '../../src/dashboard/view/app.js';
import { listenToKeys } from '../../src/dashboard/view/keyboard.js';
import { FakeServer } from './fake_server.js';
import { ManualClock } from './manual_clock.js';

/** jsdom lays nothing out; every element is this high. */
export const kViewportPx = 600;

export class Page {
  server = new FakeServer();
  clock = new ManualClock();
  dashboard: Dashboard;
  login: Login;
  /** What the gateway answers over HTTP; "POST /login" with its body. */
  answer: (request: string, body: string) => Response = () => new Response('{}', { status: 404 });
  root = document.createElement('div');
  #frames: (() => void)[] = [];
  #intervals: (() => void)[] = [];
  #stopKeys: () => void;

  constructor(logLimits?: Surroundings['logLimits']) {
    Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => kViewportPx });
    const client = new Cell0Client({
      url: 'http://host/cell0d', WebSocket: this.server.WebSocket, clock: this.clock, random: () => 0.5,
    });
    this.dashboard = new Dashboard(client, {
      now: () => this.clock.now(),
      onNextFrame: (draw) => this.#frames.push(draw),
      every: (_ms, action) => {
        this.#intervals.push(action);
        return () => {};
      },
      ...(logLimits && { logLimits }),
    });
    this.login = new Login(
      () => this.dashboard.reconnect(),
      async (path, init) => this.answer(`${init?.method ?? 'GET'} ${path}`, String(init?.body ?? '')),
    );
    document.body.append(this.root);
    act(() => {
      render(<App dashboard={this.dashboard} login={this.login} />, this.root);
      this.dashboard.start();
    });
    this.#stopKeys = listenToKeys(this.dashboard);
  }

  /** Does it, then draws until nothing more is to be drawn. */
  do(action: () => void): void {
    act(action);
    act(() => {
      while (this.#frames.length > 0) for (const draw of this.#frames.splice(0)) draw();
      for (const tick of this.#intervals) tick();
    });
  }

  get(selector: string): HTMLElement {
    const found = this.root.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`nothing matches ${selector}`);
    return found;
  }

  texts(selector: string): string[] {
    return [...this.root.querySelectorAll(selector)].map((element) => element.textContent ?? '');
  }

  press(key: string, options: KeyboardEventInit = {}, target: HTMLElement = document.body): KeyboardEvent {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options });
    this.do(() => target.dispatchEvent(event));
    return event;
  }

  close(): void {
    this.#stopKeys();
    this.dashboard.stop();
    render(null, this.root);
    this.root.remove();
  }
}
