// The dashboard in a real browser, against a running fabric (CELL0_URL) or the mock gateway: what a person sees and does.
import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { accessibilityFaults, countOf, eventually, launch, openDashboard, phase } from './browser.mjs';
import { openFabric } from './fabric.mjs';

/** Types of our own, so that a real system's events do not mix with the test's. */
const kType = 'browser_check';
const kOther = 'browser_other';

let fabric;
let browser;
let page;

before(async () => {
  fabric = await openFabric();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await fabric?.close();
});
beforeEach(async () => {
  page = await openDashboard(browser, fabric.url);
  await page.keyboard.press('Control+k'); // what came before the test is not its matter
});
afterEach(async () => {
  const faults = page.faults;
  await page.context().close();
  fabric.mend();
  assert.deepEqual(faults, []);
});

const rows = (type = kType) => page.locator(`.row[data-type="${type}"]`);
const list = () => page.locator('.list');
const isFollowing = async () => (await list().getAttribute('data-following')) === 'true';

async function publish(count, type = kType, note = 'note') {
  for (let i = 0; i < count; i += 1) await fabric.publish(type, { note: `${note} ${i}` });
}

/** Only this test's type in sight. */
async function only(type = kType) {
  await eventually('the filter', () => page.locator(`.filter[data-type="${type}"]`).count());
  await page.locator(`.filter[data-type="${type}"]`).hover();
  await page.locator(`.filter[data-type="${type}"] .only`).click();
}

test('an event appears with its type, source and text', async () => {
  await publish(1, kType, 'a word');
  await rows().first().waitFor();
  assert.match(await rows().first().textContent(), /browser_check.*a word 0/);
});

test('each type has its colour', async () => {
  await fabric.publish('chat_message', { message: 'hello', sender: 'ada', channel: 'general', metadata: {} });
  await fabric.publish('log_stream', { level: 'INFO', message: 'a line', logger: 'test', metadata: {} });
  const colour = (type) => rows(type).last().locator('.badge').evaluate((badge) => getComputedStyle(badge).color);
  await rows('chat_message').last().waitFor();
  await rows('log_stream').last().waitFor();
  assert.match(await rows('chat_message').last().getAttribute('class'), /tone-green/);
  assert.match(await rows('log_stream').last().getAttribute('class'), /tone-slate/);
  assert.notEqual(await colour('chat_message'), await colour('log_stream'));
});

test('a filter hides its type and goes on counting', async () => {
  await publish(2);
  await publish(2, kOther);
  await eventually('rows of both types', () => countOf(page, kOther), (n) => n === 2);
  await page.locator(`.filter[data-type="${kType}"] .filter-switch`).click();
  await eventually('hidden rows', () => rows().count(), (n) => n === 0);
  await publish(1);
  await eventually('the count', () => countOf(page, kType), (n) => n === 3);
  assert.equal(await rows().count(), 0);
  assert.equal(await rows(kOther).count(), 2);
  await page.getByRole('button', { name: 'Show all' }).click();
  await eventually('rows shown again', () => rows().count(), (n) => n === 3);
});

test('the search narrows the list to what contains every word', async () => {
  await publish(3, kType, 'plain');
  await publish(1, kType, 'needle');
  await page.getByLabel('Search events').fill('NEEDLE note');
  await eventually('matching rows', () => rows().count(), (n) => n === 1);
  assert.match(await rows().first().textContent(), /needle 0/);
});

test('an event opens to its JSON', async () => {
  await publish(1);
  await only();
  await rows().first().click();
  const json = JSON.parse(await page.locator('.details pre').textContent());
  assert.equal(json.type, kType);
  assert.deepEqual(json.data, { note: 'note 0' });
  assert.ok(json.seq > 0);
});

test('Ctrl+K clears rows and counts', async () => {
  await publish(2);
  await eventually('the count', () => countOf(page, kType), (n) => n === 2);
  await page.keyboard.press('Control+k');
  await eventually('cleared rows', () => rows().count(), (n) => n === 0);
  assert.equal(await countOf(page, kType), 0);
});

test('Ctrl+C disconnects and connects again, and nothing is missed', async () => {
  await publish(1);
  await rows().first().waitFor();
  await page.keyboard.press('Control+c');
  await phase(page, 'idle');
  await publish(2);
  await page.keyboard.press('Control+c');
  await phase(page, 'open');
  await eventually('what came meanwhile', () => countOf(page, kType), (n) => n === 3);
});

test('Ctrl+C with text selected, or in a field, is a copy', async () => {
  await publish(1);
  await rows().first().waitFor();
  await page.evaluate(() => {
    globalThis.copied = 0;
    document.addEventListener('copy', () => (globalThis.copied += 1));
  });
  await only();
  const box = await rows().first().locator('.summary').boundingBox();
  await page.mouse.move(box.x + 1, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 60, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  assert.notEqual(await page.evaluate(() => getSelection().toString()), '');
  assert.equal(await page.locator('.details').count(), 0, 'a drag that selects opens nothing');
  await page.keyboard.press('Control+c');
  assert.equal(await page.evaluate(() => globalThis.copied), 1);

  await page.evaluate(() => getSelection().removeAllRanges());
  await page.getByLabel('Search events').fill('note');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  assert.equal(await page.evaluate(() => globalThis.copied), 2);
  assert.equal(await page.locator('.connection').getAttribute('data-phase'), 'open');
});

test('scrolling up pauses the list, the button goes to what is new', async () => {
  await publish(60);
  await eventually('the count', () => countOf(page, kType), (n) => n === 60);
  await only();
  assert.equal(await isFollowing(), true);
  await list().hover();
  await page.mouse.wheel(0, -600);
  await eventually('paused', isFollowing, (following) => !following);
  const top = await eventually('a settled position', () => list().evaluate((element) => element.scrollTop));
  await publish(5);
  const button = page.getByRole('button', { name: /^5 new/ });
  await button.waitFor();
  assert.equal(await list().evaluate((element) => element.scrollTop), top);
  await button.click();
  await eventually('following', isFollowing);
  await eventually('the newest row', () => rows().last().textContent(), (text) => text.includes('note 4'));
});

test('a lost connection is shown with its next attempt, and what was missed comes after it', async () => {
  await publish(1);
  await rows().first().waitFor();
  fabric.cut();
  await phase(page, 'waiting');
  await page.locator('.notice-warning', { hasText: 'Connection lost' }).waitFor();
  // Between two attempts; a wait may be too short to be seen, but not each of them.
  await page.locator('.connection').getByText(/Reconnecting/).waitFor();
  await page.locator('.countdown', { hasText: /attempt \d+ in [\d.]+ s/ }).waitFor();
  await publish(3);
  fabric.mend();
  await phase(page, 'open');
  await page.locator('.notice', { hasText: 'Connected again' }).waitFor();
  await eventually('what was missed', () => countOf(page, kType), (n) => n === 4);
});

test('figures of the server are shown', async () => {
  const figure = async (name) => Number((await page.locator(`[data-stat="${name}"]`).textContent()).replaceAll(',', ''));
  await eventually('connections', () => figure('connections'), (n) => n >= 1);
  await eventually('messages out', () => figure('sent'), (n) => n >= 1);
  assert.match(await page.locator('[data-stat="uptime"]').textContent(), /\d+ (s|min|h|d)/);
  await publish(10);
  await eventually('events per second', () => figure('rate'), (rate) => rate > 0);
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe-core finds nothing to object to (${colorScheme})`, async () => {
    await page.emulateMedia({ colorScheme });
    await publish(40);
    await publish(2, kOther);
    await fabric.publish('log_stream', { level: 'ERROR', message: 'a bad line', logger: 'test', metadata: {} });
    await fabric.publish('log_stream', { level: 'WARNING', message: 'a so-so line', logger: 'test', metadata: {} });
    await eventually('the count', () => countOf(page, kOther), (n) => n === 2);
    await page.locator(`.filter[data-type="${kOther}"] .filter-switch`).click();
    await rows().last().click();
    assert.deepEqual(await accessibilityFaults(page), []);
    fabric.cut();
    await phase(page, 'waiting');
    assert.deepEqual(await accessibilityFaults(page), []);
  });
}

test('a narrow screen shows the same without scrolling sideways', async () => {
  await page.setViewportSize({ width: 360, height: 640 });
  await publish(3);
  await rows().first().waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const { height } = await list().boundingBox();
  assert.ok(height > 250, `the list is ${height} px high`);
  assert.deepEqual(await accessibilityFaults(page), []);
});
