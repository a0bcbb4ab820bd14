// A plain page of another origin on this machine (its own port), in a browser, with nothing but fetch and EventSource:
// what it may read of a gateway, and what a page that may not speak to it sees.
//   CELL0_URL, CELL0_TOKEN_FILE  as in fabric.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { kDeadlineMs, launch } from './browser.mjs';

const url = process.env.CELL0_URL;
const token = readFileSync(process.env.CELL0_TOKEN_FILE, 'utf8').trim();
const kForeign = 'page.test';
let browser;
let site;

before(async () => {
  site = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>a page of somebody</title>');
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  browser = await launch([`--host-resolver-rules=MAP ${kForeign} 127.0.0.1`]);
});
after(async () => {
  await browser?.close();
  site?.close();
});

async function openPage(host) {
  const page = await browser.newPage();
  page.setDefaultTimeout(kDeadlineMs);
  await page.goto(`http://${host}:${site.address().port}/`);
  return page;
}

// In the page: publishes with a token in a header (which takes a preflight), reads it back, and gets it as a stream.
async function useGateway({ url, token }) {
  const told = [];
  const stream = new EventSource(`${url}/api/v1/stream?types=test.cors`);
  await new Promise((resolve, reject) => {
    stream.onopen = resolve;
    stream.onerror = () => reject(new Error('no stream'));
  });
  const live = new Promise((resolve) => (stream.onmessage = ({ data }) => resolve(JSON.parse(data))));
  const answer = await fetch(`${url}/api/v1/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, 'Idempotency-Key': 'cors' },
    body: JSON.stringify({ type: 'test.cors', data: { page: location.origin } }),
  });
  const { seq } = await answer.json();
  told.push((await live).seq === seq);
  stream.close();
  const read = await (await fetch(`${url}/api/v1/events?types=test.cors`)).json();
  told.push(read.events.at(-1).data.page === location.origin);
  told.push((await fetch(`${url}/api/v1/events?limit=x`)).status);
  return told;
}

test('a page on another port of this machine reads REST and streams, and publishes with a token', async () => {
  const page = await openPage('localhost');
  assert.deepEqual(await page.evaluate(useGateway, { url, token }), [true, true, 400]);
});

test('a page that may not speak to the gateway reads nothing', async () => {
  const page = await openPage(kForeign);
  const seen = await page.evaluate(async (gateway) => {
    const fetched = await fetch(`${gateway}/api/v1/events`).then(() => 'read', (error) => error.name);
    const stream = new EventSource(`${gateway}/api/v1/stream`);
    const streamed = await new Promise((resolve) => {
      stream.onopen = () => resolve('read');
      stream.onerror = () => resolve('error');
    });
    return [fetched, streamed];
  }, url);
  assert.deepEqual(seen, ['TypeError', 'error']);
});
