// Logging in to a gateway where anonymous clients may do nothing (CELL0_URL, with CELL0_TOKEN_FILE).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { accessibilityFaults, kDeadlineMs, launch, phase } from './browser.mjs';
import { openFabric } from './fabric.mjs';

const kType = 'login_check';
let fabric;
let browser;

before(async () => {
  fabric = await openFabric();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await fabric?.close();
});

test('a token opens the page, over a reload and a lost connection, until it is taken back', async () => {
  const page = await browser.newPage();
  page.setDefaultTimeout(kDeadlineMs);
  const wanted = page.getByRole('heading', { name: 'This gateway wants a token' });
  const token = readFileSync(process.env.CELL0_TOKEN_FILE, 'utf8').trim();

  await page.goto(fabric.url);
  await wanted.waitFor();
  await page.locator('#login-token').fill('cell0_wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('Not accepted').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);

  await page.locator('#login-token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Log out' }).waitFor();
  await phase(page, 'open');
  const seen = async (note) => {
    await fabric.publish(kType, { note });
    await page.locator(`.row[data-type="${kType}"]`, { hasText: note }).waitFor();
  };
  await seen('logged in');
  assert.ok(!(await page.evaluate(() => document.cookie)).includes('cell0'));

  await page.reload();
  await phase(page, 'open');
  await seen('after a reload');
  fabric.cut();
  await phase(page, 'waiting');
  fabric.mend();
  await phase(page, 'open');
  await seen('after a lost connection');

  await page.getByRole('button', { name: 'Log out' }).click();
  await wanted.waitFor();
  await page.context().close();
});
