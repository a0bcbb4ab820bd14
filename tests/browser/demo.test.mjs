// The dashboard while the demo emitter plays its scene on a running fabric (CELL0_URL): everything is seen and readable.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kEventFamilies } from '../../web/dist/client/index.js';
import { accessibilityFaults, countOf, eventually, launch, openDashboard } from './browser.mjs';

/** "Within a minute": the longest that anything may take to be seen, whatever the rate. */
const kMinuteMs = 60_000;
/** Types that no emitter publishes: the broker makes them, of what gateways tell it. */
const kOfTheBroker = ['presence_changed', 'token_revoked'];
const kTypes = [...Object.keys(kEventFamilies).filter((type) => !kOfTheBroker.includes(type)), 'demo_weather'];

let browser;
let page;

before(async () => {
  browser = await launch();
  page = await openDashboard(browser, process.env.CELL0_URL);
  await page.evaluate(watchLayout);
});
after(async () => {
  await browser?.close();
});

const family = (name) => page.locator(`[data-family="${name}"]`);
const familyCount = async (name) => Number((await family(name).locator('.count').textContent()).replaceAll(',', ''));
/** Without the mouse: what a test of many types has no time for. */
const press = (locator) => locator.evaluate((button) => button.click());

test('every family and every type of event is seen', async () => {
  for (const name of [...new Set(Object.values(kEventFamilies)), 'users']) {
    await eventually(`events of ${name}`, () => familyCount(name), Boolean, kMinuteMs);
  }
  for (const type of kTypes) await eventually(`events of type ${type}`, () => countOf(page, type), Boolean, kMinuteMs);
});

test('every type is a sentence', async () => {
  for (const type of kTypes) {
    await press(page.locator(`.filter[data-type="${type}"] .only`));
    const row = page.locator(`.row[data-type="${type}"]`).first();
    await row.waitFor();
    const line = await row.locator('.summary').textContent();
    assert.match(line, /^\S.*\S$/, type);
    if (type !== 'demo_weather') assert.doesNotMatch(line, /[{}"[\]]|undefined|null|NaN/, type);
  }
  await page.getByRole('button', { name: 'Show all' }).click();
});

test('a family is hidden and shown by keyboard, and is what "only" leaves', async () => {
  const spells = page.locator('.row[data-type="spell"]');
  await family('arcane').locator('.filter-switch').focus();
  await page.keyboard.press('Space');
  await eventually('hidden spells', () => spells.count(), (n) => n === 0);
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // "only arcane"
  await eventually('spells only', () => page.locator('.row').evaluateAll((rows) => rows.map((row) => row.dataset.type)), (types) => {
    return types.length > 0 && types.every((type) => type === 'spell');
  });
  await page.getByRole('button', { name: 'Show all' }).click();
});

test('what stands beside the list stays where it is while events stream in', async () => {
  const before = await familyCount('cell0d');
  await eventually('more events', () => familyCount('cell0d'), (count) => count > before + 5, kMinuteMs);
  assert.deepEqual(await page.evaluate(() => globalThis.shifts), []);
});

test('axe-core finds nothing to object to', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.emulateMedia({ colorScheme: 'light' });
});

test('on a phone nothing scrolls sideways, and there is room for events', async () => {
  await page.setViewportSize({ width: 360, height: 640 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const { height } = await page.locator('.list').boundingBox();
  assert.ok(height > 250, `the list is ${height} px high`);
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(page.faults, []);
});

/** Runs in the page: notes what moves outside the list without the reader having done anything. */
function watchLayout() {
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { sources, hadRecentInput } of list.getEntries()) {
      if (hadRecentInput) continue;
      for (const { node } of sources) {
        // Not texts: the first digit of a figure that grows moves, its box does not.
        if (node?.nodeType !== Node.ELEMENT_NODE || node.closest('.list')) continue;
        globalThis.shifts.push(node.className || node.tagName);
      }
    }
  }).observe({ type: 'layout-shift' });
}
