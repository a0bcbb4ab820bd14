// Debian's chromium through playwright-core, and what the tests ask of a page.
//
//   CELL0_CHROMIUM  the browser's program, default /usr/bin/chromium-headless-shell
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = require('axe-core');

export const kDeadlineMs = 10_000;

export function launch(args = []) {
  return chromium.launch({
    executablePath: process.env.CELL0_CHROMIUM ?? '/usr/bin/chromium-headless-shell',
    args: ['--disable-dev-shm-usage', '--enable-precise-memory-info', ...args],
  });
}

/** Opens the dashboard and waits until it is connected. `page.faults` collects what must not happen. */
export async function openDashboard(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(kDeadlineMs);
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) page.faults.push(message.text());
  });
  await page.goto(url);
  await phase(page, 'open');
  return page;
}

/** Waits until the connection is in that phase. */
export async function phase(page, name) {
  await page.waitForSelector(`.connection[data-phase="${name}"]`);
}

/** Waits until `read()` gives what `accept` accepts; returns it. */
export async function eventually(what, read, accept = Boolean, deadlineMs = kDeadlineMs) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (Date.now() > deadline) assert.fail(`${what}: still ${JSON.stringify(value)} after ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How many events of that type the filter panel counts. */
export async function countOf(page, type) {
  const count = page.locator(`.filter[data-type="${type}"] .count`);
  if ((await count.count()) === 0) return 0;
  return Number((await count.textContent()).replaceAll(',', ''));
}

/** Rules that axe-core finds broken, with where; empty if none. */
export async function accessibilityFaults(page) {
  await page.evaluate(axe.source); // by the debugger: the page's policy forbids inserting a script, and should
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}
