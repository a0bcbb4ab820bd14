// The dashboard's entry point: a client of the gateway that served the page, the state it fills, and the page.
import { render } from 'preact';
import { Cell0Client } from '../client/index.js';
import { Dashboard } from './model/dashboard.js';
import { App } from './view/app.js';
import { listenToKeys } from './view/keyboard.js';
import './styles/index.css';

const client = new Cell0Client({ url: new URL('/cell0d', location.href).href });
const dashboard = new Dashboard(client);

render(<App dashboard={dashboard} />, document.getElementById('app')!);
listenToKeys(dashboard);
addEventListener('online', () => dashboard.retryNow());
dashboard.start();
