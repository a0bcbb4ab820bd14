// The dashboard's entry point: a client of the gateway that served the page, the state it fills, and the page.
import { render } from 'preact';
import { Cell0Client } from '../client/index.js';
import { Dashboard } from './model/dashboard.js';
import { kShownTypes } from './model/families.js';
import { Login } from './model/login.js';
import { App } from './view/app.js';
import { listenToKeys } from './view/keyboard.js';
import './styles/index.css';

const client = new Cell0Client({ url: new URL('/cell0d', location.href).href, types: kShownTypes });
const dashboard = new Dashboard(client);
// A WebSocket that was refused does not say why: after each that ends, and before the first, HTTP is asked.
const login = new Login(() => dashboard.reconnect());
client.on('state', (state) => 'reason' in state && void login.check());
void login.check();

render(<App dashboard={dashboard} login={login} />, document.getElementById('app')!);
listenToKeys(dashboard);
addEventListener('online', () => dashboard.retryNow());
dashboard.start();
