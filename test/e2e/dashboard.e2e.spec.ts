import { mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimerClient } from '#client';
import { expectAccessible, openBrowser } from '../harness/browser.js';
import { Cluster } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

const artifacts = 'artifacts/dashboard';
const firstViewBytesMax = 200 * 1024;

let cluster: Cluster;
let url: string;
let client: TimerClient;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the browser complained of: a policy that was broken, a script that failed. */
const complaints: string[] = [];

beforeAll(async () => {
  mkdirSync(artifacts, { recursive: true });
  cluster = await Cluster.open();
  await cluster.start('scheduler');
  await cluster.start('fire');
  ({ url } = await cluster.api());
  client = await cluster.client();
  browser = await openBrowser();
  context = await browser.newContext({ timezoneId: 'Europe/Paris', locale: 'en-GB', colorScheme: 'light' });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    // a refusal while somebody types is an answer, not a fault
    if (message.type() === 'error' && !message.text().includes('status of 4'))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
});
afterAll(async () => {
  await browser?.close();
  await cluster?.close();
});

const open = async (place: string): Promise<void> => {
  await page.goto(`${url}/#/${place}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
};
const button = (name: string) => page.getByRole('button', { name, exact: true });
const inLife = (title: string) => page.locator('.timeline strong', { hasText: title }).first();

interface Seen {
  readonly status: string;
  readonly tags: readonly string[];
  readonly eventId?: string;
}
const pathOf = (key: string): string => `${url}/v1/namespaces/default/timers/${key}`;
const stateOf = async (key: string): Promise<Seen> => (await (await fetch(pathOf(key))).json()) as Seen;
async function giveUp(key: string, eventId: string): Promise<void> {
  const body = JSON.stringify({ eventId, attempt: 1, error: `port 5432 of ${key} refused` });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${pathOf(key)}/retry`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
}

/** In both themes, and on a phone. */
async function show(name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
    await expectAccessible(page);
    await page.screenshot({ path: `${artifacts}/${name}-${theme}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
  expect(overflow, 'nothing to scroll sideways').toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${artifacts}/${name}-phone.png`, fullPage: true });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.evaluate(`document.documentElement.dataset.theme = 'light'`);
}

describe('the dashboard', () => {
  it('brings at most 200 KB, gzipped, before its first view', async () => {
    const sizes: number[] = [];
    const html = await (await fetch(url)).text();
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) sizes.push(gzipSync(await (await fetch(`${url}${file}`)).text()).length);
    expect(sizes.reduce((a, b) => a + b, gzipSync(html).length)).toBeLessThan(firstViewBytesMax);
  });

  it('explains the next fires as one types, and says what is wrong beside its field', async () => {
    await open('new');
    await page.getByLabel('Key', { exact: true }).fill('report');
    await page.getByLabel('Time zone').fill('Europe/Paris');
    await page.getByLabel('Expression').fill('61 * * * *');
    await page.locator('#schedPolicyExpr-error').waitFor();
    expect(await page.getByLabel('Expression').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Expression').fill('30 2 28 3 *');
    await page.getByText('DST').first().waitFor();
    await show('new');
    await page.getByLabel('Expression').fill('0 9 * * MON-FRI');
    await eventually('ten fires', async () => (await page.locator('.fires > li').count()) === 10);
    await button('Create').click();
    await page.getByRole('heading', { level: 1, name: 'report' }).waitFor();
    await inLife('Created').waitFor();
  });

  it('shows the life of a timer as it happens, and lets it be held, fired and closed', async () => {
    await client.createTimer({
      key: 'nightly',
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1h',
      hookClass: 'nobody',
      startAt: '2100-01-01T00:00:00Z',
      tags: ['eu'],
    });
    await open('timers');
    await page.getByRole('link', { name: 'nightly' }).click();
    await inLife('Created').waitFor();
    await button('Pause').click();
    await inLife('Paused').waitFor();
    await button('Resume').click();
    await inLife('Resumed').waitFor();
    await button('Trigger').click();
    await inLife('Fired').waitFor();
    await button('Close event').click();
    await inLife('Closed').waitFor();
    await client.updateTimer({ key: 'nightly' }, { tags: ['eu', 'told'] });
    await inLife('Changed').waitFor();
    await page.getByRole('slider').fill('2');
    await page.getByText('After version 2').waitFor();
    await page.locator('section', { hasText: 'As it was' }).locator('.status-paused').waitFor();
    await page.getByText('Copy as curl').click();
    expect(await page.locator('.copy pre').textContent()).toContain(`curl -X POST ${url}/v1/timers`);
    await show('timer');
  });

  it('changes a timer, and says so of what another one has changed meanwhile', async () => {
    await open('timers');
    await page.getByRole('link', { name: 'nightly' }).click();
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByLabel('Tags').fill('eu, mine');
    await client.updateTimer({ key: 'nightly' }, { tags: ['theirs'] });
    await button('Save').click();
    await page.getByRole('alert').waitFor();
    await open('timers');
    await page.getByRole('link', { name: 'nightly' }).click();
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByLabel('Tags').fill('eu, mine');
    await button('Save').click();
    await inLife('Changed').waitFor();
    expect((await stateOf('nightly')).tags).toEqual(['eu', 'mine']);
  });

  it('finds timers by what is asked, shows new ones unasked, and acts on all found after a preview', async () => {
    await open('timers');
    await page.getByLabel('Key begins with').fill('many-');
    await page.getByText('No timer is like this.').waitFor();
    const later = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', startAt: '2100-01-01T00:00:00Z' };
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => client.createTimer({ key: `many-${n + 100}`, ...later })),
    );
    await page.getByText('60 found').waitFor();
    await page.getByLabel('Order').selectOption('key');
    await page.getByRole('link', { name: 'many-149' }).waitFor();
    await button('Next').click();
    await page.getByRole('link', { name: 'many-159' }).waitFor();
    await button('Previous').click();
    await button('Act on all found').click();
    await button('pause 60').click();
    await button('Yes, pause them').click();
    await page.getByText('pause: done, 60 of 60').waitFor();
    await page.getByRole('checkbox', { name: 'paused' }).check();
    await page.getByText('60 found').waitFor();
    await show('timers');
  });

  it('shows who was given up by their error, and redrives them', async () => {
    for (const key of ['dead-1', 'dead-2']) {
      await client.createTimer({
        key,
        schedPolicyType: 'ONCE',
        schedPolicyExpr: '10ms',
        hookClass: 'failing',
        retry: { maxAttempts: 1 },
      });
      await giveUp(key, await eventually('it is open', async () => (await stateOf(key)).eventId));
    }
    await open('dead');
    await button('Redrive all 2').waitFor();
    await show('dead');
    await button('Redrive dead-1').click();
    await button('Redrive all 1').waitFor();
    expect((await stateOf('dead-1')).status).toBe('open');
  });

  it('counts what happens now, in its own lateness', async () => {
    await open('');
    await page.locator('.live-live').waitFor();
    await client.createTimer({ key: 'beat', schedPolicyType: 'INTERVAL', schedPolicyExpr: '200ms' });
    await page.locator('.heat-some, .heat-late').first().waitFor();
    await eventually(
      'fires a second',
      async () => (await page.locator('.tile strong').first().textContent()) !== '0.0',
    );
    await show('now');
  });

  it('is used by the keyboard alone', async () => {
    await open('timers');
    await page.evaluate('document.querySelector(".skip").focus()');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Now');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
  });

  it('deletes a timer once that is confirmed', async () => {
    await open('timers');
    await page.getByLabel('Key begins with').fill('nightly');
    await page.getByRole('link', { name: 'nightly' }).click();
    await button('Delete').click();
    await button('Leave it').click();
    await button('Delete').click();
    await button('Yes, delete it').click();
    await page.getByText('This timer has been deleted.').waitFor();
  });

  it('never broke the policy of the page, and no script failed', () => {
    expect(complaints).toEqual([]);
  });
});
