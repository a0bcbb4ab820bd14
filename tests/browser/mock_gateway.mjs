// A stand-in for a gateway that does exactly what a test says: the dashboard's files and the cell0d dialect, nothing else.
//
// For deterministic tests of the page and of the client library; the real gateway is tested elsewhere. Holds the newest
// kHeldMax events, speaks section 1 of the dialects (welcome, history, resume, skip notices, subscriptions, stats), and
// can be told to misbehave: drop its clients, refuse new ones, skip, burst.
//
// By hand: node tests/browser/mock_gateway.mjs [--port 8099] [--rate 20]
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const { WebSocketServer } = createRequire(new URL('../../web/package.json', import.meta.url))('ws');

const kHeldMax = 200_000;
const kOpeningHistory = 50;
const kContentTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** As strict as a gateway may be: nothing from elsewhere, nothing inline. */
const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const kDist = fileURLToPath(new URL('../../web/dist/', import.meta.url));

export class MockGateway {
  #http = createServer((request, response) => void this.#serve(request, response));
  #sockets = new WebSocketServer({ noServer: true });
  #clients = new Map();
  #events = [];
  #seq = 1_000;
  #started = new Date();
  #stats = { total_connections: 0, messages_sent: 0, messages_received: 0 };

  /** New WebSocket connections are refused while true. */
  refusing = false;
  /** The token that is wanted of everybody, if one is; the cookie of who has shown it is `session=1`. */
  token = undefined;
  /** The `?…` of every connection that was asked for, in order. */
  queries = [];
  /** Every message that clients sent, in order. */
  received = [];

  static async start({ port = 0 } = {}) {
    const gateway = new MockGateway();
    gateway.#http.on('upgrade', (request, socket, head) => gateway.#upgrade(request, socket, head));
    await new Promise((resolve) => gateway.#http.listen(port, '127.0.0.1', resolve));
    return gateway;
  }

  get url() {
    return `http://127.0.0.1:${this.#http.address().port}`;
  }

  get connected() {
    return this.#clients.size;
  }

  /** Publishes one event; returns it with its seq. */
  publish(type, data, { source = 'test', priority = 5 } = {}) {
    const event = this.#store(type, data, source, priority);
    this.#broadcast([event]);
    return event;
  }

  /** Publishes many at once, each `make(i)` = [type, data]. */
  burst(count, make) {
    this.#broadcast(Array.from({ length: count }, (_, i) => this.#store(...make(i), 'test', 5)));
  }

  /** As burst, but told in one message, as the events from before a connection are. */
  tell(count, make) {
    const events = Array.from({ length: count }, (_, i) => this.#store(...make(i), 'test', 5));
    for (const client of this.#clients.values()) client.send({ type: 'event_history', events, count, note: 'told at once' });
  }

  /** Tells every client that events were skipped. */
  skip(notice) {
    for (const client of this.#clients.values()) client.send({ type: 'events_skipped', ...notice });
  }

  /** Sends any text to every client. */
  sendRaw(text) {
    for (const client of this.#clients.values()) client.socket.send(text);
  }

  /** Ends every connection: with a close code, or without a word if `code` is undefined. */
  dropAll(code) {
    for (const { socket } of this.#clients.values()) {
      if (code === undefined) socket.terminate();
      else socket.close(code);
    }
  }

  /** Forgets held events up to that seq: a resume from before it is no longer `recovered`. */
  forgetThrough(seq) {
    this.#events = this.#events.filter((event) => event.seq > seq);
  }

  async stop() {
    this.dropAll();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #store(type, data, source, priority) {
    this.#seq += 1 + (this.#seq % 3); // numbers may be skipped, so they are
    const event = {
      id: randomUUID(), type, timestamp: new Date().toISOString().replace('Z', '000Z'), source, data, priority,
      seq: this.#seq,
    };
    this.#events.push(event);
    if (this.#events.length > kHeldMax) this.#events.shift();
    return event;
  }

  #broadcast(events) {
    for (const client of this.#clients.values()) {
      for (const event of events) if (client.wants(event.type)) client.send({ type: 'event', event });
    }
  }

  #upgrade(request, socket, head) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    if (pathname !== '/cell0d' || this.refusing) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    if (this.token !== undefined && !isLoggedIn(request)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    this.queries.push(searchParams);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, searchParams));
  }

  #open(socket, query) {
    const id = randomUUID();
    const types = new Set(query.get('types')?.split(',') ?? ['all']);
    const client = {
      id,
      types,
      socket,
      wants: (type) => [...types].some((t) => t === 'all' || t === type || (t.endsWith('*') && type.startsWith(t.slice(0, -1)))),
      send: (message) => {
        this.#stats.messages_sent += 1;
        socket.send(JSON.stringify(message));
      },
    };
    this.#clients.set(id, client);
    this.#stats.total_connections += 1;
    socket.on('close', () => this.#clients.delete(id));
    socket.on('error', () => {});
    socket.on('message', (data) => this.#receive(client, String(data)));
    client.send({ type: 'connection_established', client_id: id, timestamp: now(), server_version: 'cell0d-1.0.0' });
    if (query.has('since')) this.#resume(client, Number(query.get('since')));
    else this.#openingHistory(client);
  }

  #openingHistory(client) {
    const events = this.#events.filter((event) => client.wants(event.type)).slice(-kOpeningHistory);
    if (events.length === 0) return;
    client.send({ type: 'event_history', events, count: events.length, note: 'Recent events before connection' });
  }

  #resume(client, since) {
    const events = this.#events.filter((event) => event.seq > since && client.wants(event.type));
    const recovered = since <= this.#seq && (this.#events[0]?.seq ?? Infinity) <= since;
    client.send({
      type: 'events_resumed', recovered, first_seq: events[0]?.seq ?? null, last_seq: events.at(-1)?.seq ?? null,
    });
    for (const event of events) client.send({ type: 'event', event });
  }

  #receive(client, text) {
    this.#stats.messages_received += 1;
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      client.send({ type: 'error', error: 'Invalid JSON' });
      return;
    }
    this.received.push(message);
    const answer = this.#answers[message.type];
    client.send(answer ? answer(client, message) : { type: 'error', error: `Unknown message type: ${message.type}` });
  }

  #answers = {
    subscribe: (client, { event_types: types = ['all'], replace = false }) => {
      if (replace) client.types.clear();
      for (const type of types) client.types.add(type);
      return { type: 'subscription_updated', subscribed_events: [...client.types] };
    },
    unsubscribe: (client, { event_types: types = [] }) => {
      for (const type of types) client.types.delete(type);
      return { type: 'subscription_updated', subscribed_events: [...client.types] };
    },
    ping: (client, { sequence }) => ({ type: 'pong', sequence, timestamp: now(), client_id: client.id }),
    get_history: (_client, { event_type: type, limit = 100, since }) => {
      const held = this.#events.filter((event) => (!type || event.type === type) && event.seq > (since ?? -1));
      const events = since === undefined ? held.slice(Math.max(0, held.length - limit)) : held.slice(0, limit);
      return { type: 'event_history', events, count: events.length };
    },
    get_stats: () => ({
      type: 'server_stats',
      stats: {
        ...this.#stats, connected_clients: this.#clients.size, start_time: this.#started.toISOString(),
        client_ids: [...this.#clients.keys()],
      },
    }),
    echo: (_client, message) => ({ type: 'echo', data: message }),
  };

  /** What is not a file, by method and path. */
  #routes = {
    'GET /api/v1/me': async (request, response) => {
      if (this.token !== undefined && !isLoggedIn(request)) return refuse(response, 'a token is needed');
      const me = { authenticated: isLoggedIn(request), entity_id: 'ada', scopes: ['subscribe:>'] };
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(me));
    },
    'POST /login': async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      if (JSON.parse(body).token !== this.token) return refuse(response, 'token: not valid');
      const me = { authenticated: true, entity_id: 'ada', scopes: ['*'] };
      response.writeHead(200, { 'Set-Cookie': 'session=1; Path=/; HttpOnly; SameSite=Strict' }).end(JSON.stringify(me));
    },
    'POST /logout': async (_request, response) => {
      response.writeHead(204, { 'Set-Cookie': 'session=; Path=/; Max-Age=0' }).end();
      for (const { socket } of this.#clients.values()) socket.close(1000);
    },
  };

  async #serve(request, response) {
    const { pathname } = new URL(request.url, this.url);
    const route = this.#routes[`${request.method} ${pathname}`];
    if (route) return route(request, response);
    const path = normalize(pathname === '/' ? '/index.html' : pathname);
    try {
      const body = await readFile(join(kDist, path));
      const type = kContentTypes[extname(path)] ?? 'application/octet-stream';
      response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': kPolicy }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
}

const isLoggedIn = (request) => /\bsession=1\b/.test(request.headers.cookie ?? '');

function refuse(response, message) {
  const error = { code: 'unauthenticated', message };
  response.writeHead(401, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }));
}

function now() {
  return new Date().toISOString();
}

/** Something of every family, for looking at the page by hand. */
export function demoEvent(i) {
  const kernel = `kernel_${String(i % 4).padStart(3, '0')}`;
  const scenes = [
    ['chat_message', { message: 'Could you summarise the last run?', sender: 'ada', channel: 'general', metadata: {} }],
    ['model_activity', { action: 'inference_started', model_name: 'qwen2.5-7b', details: { tokens: 128 } }],
    ['log_stream', { level: 'INFO', message: `GET /api/v1/events 200 ${3 + (i % 7)} ms`, logger: 'http', metadata: {} }],
    ['mcic_event', { event: 'kernel_started', kernel_id: kernel, payload: { device: 'cpu', threads: 8 } }],
    ['system_status', { status: 'periodic_update', details: { connected_clients: 3, models_loaded: [] }, uptime: 4_210 + i }],
    ['log_stream', { level: 'WARNING', message: 'disk /var is 86 % full', logger: 'system', metadata: {} }],
    ['model_activity', { action: 'inference_completed', model_name: 'qwen2.5-7b', details: { duration_ms: 812 } }],
    ['heartbeat', { client_id: 'server', sequence: i, timestamp: now() }],
    ['chat_message', { message: 'Sure: 4 kernels ran, none failed.', sender: 'assistant', channel: 'general', metadata: {} }],
    ['client_connect', { client_id: randomUUID(), path: '/cell0d' }],
    ['tool_call', { tool_name: 'read_file', parameters: { path: 'report.md' }, call_id: 'c17' }],
    ['log_stream', { level: 'ERROR', message: 'upstream closed the connection before its answer', logger: 'model.ollama', metadata: {} }],
    ['client_disconnect', { client_id: randomUUID(), reason: 'closed by the client' }],
    ['stt_result', { text: 'How many kernels ran?', confidence: 0.94, duration_ms: 820, language: 'en' }],
    ['spell', {
      spell_name: 'invoke', daemon_name: 'gemini', success: i % 5 > 0, description: '',
      metadata: { task: 'write a haiku', execution_time: 1.2, error: 'not summoned' },
    }],
    ['session_status_update', { session: { id: `session_${i % 3}`, type: 'demo', status: i % 2 ? 'running' : 'completed' } }],
    ['stream_chunk', { sessionId: 'session_1', chunk: 'four, ', metadata: { type: 'text', index: i } }],
    ['channel_message', { channel: 'general', message: { text: 'lunch?' } }],
    ['system_metrics', { memory_mb: 812.5, cpu_percent: 12.5, uptime_seconds: 4_210 + i }],
  ];
  return scenes[i % scenes.length];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const option = (name, fallback) => {
    const at = process.argv.indexOf(name);
    return at < 0 ? fallback : Number(process.argv[at + 1]);
  };
  const gateway = await MockGateway.start({ port: option('--port', 8099) });
  console.log(gateway.url);
  const sources = { log_stream: 'log.http', chat_message: 'chat.general', model_activity: 'cell0d.models' };
  let i = 0;
  setInterval(() => {
    const [type, data] = demoEvent(i++);
    gateway.publish(type, data, { source: sources[type] ?? 'cell0d.system', priority: data.level === 'ERROR' ? 3 : 5 });
  }, 1000 / option('--rate', 20));
}
