import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MicroUsd } from 'vidpipe';
import { launch, openPage, picture, Studio, violations } from './studio.ts';

// Clips take three seconds, so that a page can be seen at work.
const studio = new Studio(20);
let browser: Browser;
let page: Page;
/** A finished film of two scenes. */
let finished = '';
const complaints: string[] = [];

beforeAll(async () => {
  [browser] = await Promise.all([launch(), studio.start()]);
  finished = await studio.film({ prompt: 'A ferry crosses the sound at night', duration: 8 });
}, 120_000);
afterEach(async () => {
  await page.context().close();
  expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await studio[Symbol.asyncDispose]();
});

async function open(path: string, width = 1200): Promise<Page> {
  page = await openPage(browser, width);
  page.on('pageerror', ({ message }) => complaints.push(message));
  await page.goto(`${studio.url}${path}`);
  return page;
}

const button = (name: string) => page.getByRole('button', { name, exact: true });
const heading = (name: string) => page.getByRole('heading', { name, exact: true });
const chip = (name: string) => page.locator('.head .chip', { hasText: name }).first();
const atWork = () => page.locator('[data-step="running"]').first();

/** Stops what is at a gate: the words are there, and nothing else was bought. */
const written = (prompt: string) => studio.film({ prompt, gates: ['storyboard'] });

describe('a new film', () => {
  it('is made by keyboard, watched live, reloaded in the middle, and plays', async () => {
    await open('/');
    await heading('Films').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('To the content');
    await page.getByRole('link', { name: 'New film' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Prompt').focus();
    await page.keyboard.type('A heron waits in the reeds until the fog lifts');
    await page.keyboard.press('Tab');
    await page.keyboard.type('watercolour');
    await page.getByLabel('Length of the film').fill('4');
    await page.getByLabel('Length of a clip').selectOption('4 s');
    await page.getByText('expected,').waitFor();
    const { cost } = await studio.client.estimate({ prompt: 'x', style: 'watercolour', duration: 4, clipDuration: 4 });
    const dollars = Number(/\$([\d.]+)/.exec(await page.locator('.price').innerText())?.[1]);
    expect(dollars * 1_000_000).toBeCloseTo(cost.expected ?? 0, -4);
    await picture(page, 'new');
    expect(await violations(page)).toEqual([]);

    await page.reload();
    expect(await page.getByLabel('Prompt').inputValue()).toContain('heron');
    await button('Make the film').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/projects\//);
    await page.locator('[data-step="running"]', { hasText: 'Clip' }).first().waitFor();
    await picture(page, 'live');
    await page.reload();
    await atWork().waitFor();
    expect(await violations(page)).toEqual([]);

    await heading('Film').waitFor();
    await chip('Done').waitFor();
    const film = page.getByLabel('The film', { exact: true });
    await film.evaluate((video) => (video as HTMLVideoElement).play());
    await page.waitForFunction(() => (document.querySelector('section > video') as HTMLVideoElement).currentTime > 0.3);
    await film.evaluate((video) => (video as HTMLVideoElement).pause());
    await picture(page, 'film');
    expect(await violations(page)).toEqual([]);

    await page.getByRole('link', { name: 'Films', exact: true }).click();
    await page.locator('.card img').first().waitFor();
    await page.goBack();
    await heading('Film').waitFor();
  });

  it('can be asked only what its models can', async () => {
    await open('/new');
    const offered = (label: string) => page.getByLabel(label).locator('option').allInnerTexts();
    for (const model of await studio.client.models()) {
      if (model.kind !== 'video') continue;
      await page.getByLabel('Clips', { exact: true }).selectOption(model.id);
      expect((await offered('Length of a clip')).slice(1)).toEqual(model.can.durations.map((each) => `${each} s`));
      expect((await offered('Shape')).slice(1)).toEqual(model.can.ratios);
      expect(await page.getByLabel('With sound').count()).toBe(model.can.audio === true ? 1 : 0);
    }
    await page.getByLabel('Prompt').fill('x');
    await page.getByLabel('Length of the film').fill('0');
    await page.getByRole('alert').filter({ hasText: 'duration' }).waitFor();
  });
});

describe('what can go wrong', () => {
  it('a reply that is lost makes no second film', async () => {
    await open('/new');
    await page.getByLabel('Prompt').fill('A film whose answer was lost');
    await page.getByLabel('before anything is bought').check();
    const lose = async (route: Route): Promise<void> => {
      if (route.request().method() !== 'POST') return route.continue();
      await route.fetch();
      await route.abort();
    };
    await page.route('**/api/projects', lose);
    await button('Make the film').click();
    await page.getByRole('alert').filter({ hasText: 'could not be reached' }).waitFor();
    await page.unroute('**/api/projects', lose);
    await button('Make the film').click();
    await heading('Is the plan right?').waitFor();
    const { items } = await studio.client.list();
    expect(items.filter(({ prompt }) => prompt.includes('answer was lost'))).toHaveLength(1);
  });

  it('an API that fails is told of, and can be asked again', async () => {
    const problem = { status: 503, title: 'Unavailable', detail: 'The store can not be read.', code: 'unavailable' };
    page = await openPage(browser);
    await page.route('**/api/projects?*', (route) => route.fulfill({ status: 503, json: problem }));
    await page.goto(studio.url);
    await page.getByRole('alert').filter({ hasText: 'The store can not be read.' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.unroute('**/api/projects?*');
    await button('Try again').click();
    await page.locator('.card').first().waitFor();
    await page.goto(`${studio.url}/projects/nobody`);
    await page.getByRole('alert').waitFor();
    await page.goto(`${studio.url}/nowhere`);
    await heading('There is nothing here').waitFor();
  });

  it('a lost connection comes back by itself', async () => {
    const id = await written('A film that is out of sight for a while');
    await open(`/projects/${id}`);
    await button('Approve and go on').waitFor();
    await page.context().setOffline(true);
    await page.getByText('out of reach').waitFor();
    await page.context().setOffline(false);
    await page.getByText('out of reach').waitFor({ state: 'detached' });
  });

  it('a server that is killed goes on after its next start, and so does the page', async () => {
    const { id } = await studio.client.create({ prompt: 'A film over two lives', duration: 4, clipDuration: 4 });
    await studio.client.run(id);
    await open(`/projects/${id}`);
    await page.locator('[data-step="running"]', { hasText: 'Clip' }).waitFor();
    await studio.end('SIGKILL');
    await page.getByText('out of reach').waitFor();
    await studio.start();
    await page.getByText('out of reach').waitFor({ state: 'detached' });
    await heading('Film').waitFor();
    const { entries } = await studio.client.ledger(id);
    expect(entries.filter(({ kind }) => kind === 'video')).toHaveLength(1);
  });
});

describe('a person is asked', () => {
  it('at a gate, in two tabs, and answers in one of them', async () => {
    const id = await written('A film that asks first');
    await open(`/projects/${id}`);
    await heading('Are the scenes as you want them?').waitFor();
    await picture(page, 'gate');
    expect(await violations(page)).toEqual([]);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByRole('button', { name: 'Approve and go on' }).click();
    await atWork().waitFor();
    await button('Stop now').click();
    await chip('Stopped').waitFor();
    await other.locator('.head .chip', { hasText: 'Stopped' }).waitFor();
    await button('Go on').click();
    await Promise.all([heading('Film').waitFor(), other.getByRole('heading', { name: 'Film', exact: true }).waitFor()]);
  });

  it('for more money', async () => {
    const id = await studio.film({ prompt: 'A film that is too dear', budget: 30_000 as MicroUsd });
    await open(`/projects/${id}`);
    await heading('The budget is too small').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('New budget, dollars').fill('5');
    await button('Raise it and go on').click();
    await chip('Running').waitFor();
    await button('Stop now').click();
    await chip('Stopped').waitFor();
    const { settings } = await studio.client.get(id);
    expect(settings.budget).toBe(5_000_000);
  });
});

describe('changes', () => {
  it('are planned, made in a fork, then in place, and a take is chosen', async () => {
    await open(`/projects/${finished}`);
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByText('Words and length').first().click();
    await page.getByLabel('What moves').first().fill('a slow push in');
    await button('Move scene 2 up').click();
    await page.getByText('reused').waitFor();
    await page.reload();
    await page.getByText('reused').waitFor();
    const first = page.getByRole('listitem', { name: 'Scene 1' });
    await first.getByText('Takes', { exact: true }).click();
    await first.getByLabel('Another clip').check();
    await picture(page, 'changes');
    expect(await violations(page)).toEqual([]);
    await button('Make a fork').click();
    await heading('Lineage').waitFor();
    await heading('Film').waitFor();
    const forked = page.url().split('/').at(-1) ?? '';
    const [before, after] = await Promise.all([studio.client.get(finished), studio.client.get(forked)]);
    expect(after.scenes.map(({ id: scene }) => scene)).toEqual(
      before.scenes.map(({ id: scene }) => scene).toReversed(),
    );
    expect(after.scenes[1]?.motionPrompt).toBe('a slow push in');
    expect(before.scenes[0]?.motionPrompt).not.toBe('a slow push in');

    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByText('Takes', { exact: true }).first().click();
    const takes = page.getByRole('group', { name: 'Clip: which take' }).getByRole('radio');
    const chosen = await takes.evaluateAll((all) => all.findIndex((each) => (each as HTMLInputElement).checked));
    await takes.nth(chosen === 0 ? 1 : 0).check();
    await page.getByText('reused').waitFor();
    await button('Change this film').click();
    await heading('Film').waitFor();
    const { scenes } = await studio.client.get(forked);
    expect(scenes[0]?.clip?.digest).not.toBe(after.scenes[0]?.clip?.digest);
  });

  it('refuse what can not be, and take a frame of your own', async () => {
    const id = await written('A film with a picture from outside');
    await open(`/projects/${id}/changes`);
    await button('Remove scene 1').click();
    await page.getByRole('alert').filter({ hasText: 'a film needs a scene' }).waitFor();
    await button('Remove scene 1').click();
    await page.getByText('Takes', { exact: true }).click();
    const png = await page.screenshot({ clip: { x: 0, y: 0, width: 640, height: 360 } });
    const file = page.getByRole('group', { name: 'Your own' }).getByLabel('First frame');
    await file.setInputFiles({ name: 'mine.png', mimeType: 'image/png', buffer: png });
    await page.getByLabel('Go on at once').uncheck();
    await button('Change this film').click();
    await page.locator('.state', { hasText: 'your own' }).waitFor();
    const { steps } = await studio.client.get(id);
    expect(steps.filter(({ held }) => held === 'supplied')).toHaveLength(1);
  });

  it('show what is blocked and why', async () => {
    const { id } = await studio.client.fork(finished);
    await studio.client.run(id);
    const { scenes } = await studio.client.get(id);
    const clip = scenes[0]?.clip;
    if (clip === undefined || clip === null) throw new Error('there is no clip');
    await open(`/projects/${id}`);
    await heading('Film').waitFor();
    await studio.client.block(id, clip.digest, 'a stain on the lens');
    await heading('Blocked').waitFor();
    await page.getByText('a stain on the lens').waitFor();
    expect(await page.getByLabel('Clip', { exact: true }).count()).toBe(1);
    expect(await violations(page)).toEqual([]);
  });
});

describe('every place', () => {
  it('lists films by words and status, and what they have cost', async () => {
    await open('/');
    await page.locator('.card').nth(1).waitFor();
    await page.getByLabel('Search').fill('heron reeds');
    await page.locator('.card').nth(1).waitFor({ state: 'detached' });
    expect(await page.locator('.card .title').allInnerTexts()).toEqual([
      'A heron waits in the reeds until the fog lifts',
    ]);
    await page.getByLabel('Status').selectOption('Failed');
    await heading('No film is like that').waitFor();
    await page.reload();
    expect(await page.getByLabel('Search').inputValue()).toBe('heron reeds');
    await page.getByLabel('Search').fill('');
    await page.getByLabel('Status').selectOption('Done');
    await page.locator('.card img').first().waitFor();
    await page.locator('h1').click();
    await picture(page, 'films');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Metrics' }).click();
    await heading('Limits').waitFor();
    await picture(page, 'metrics');
    expect(await violations(page)).toEqual([]);
  });

  it('fits a phone', async () => {
    const film = `/projects/${finished}`;
    await open('/', 360);
    for (const path of ['/', '/new', '/metrics', film, `${film}/changes`]) {
      await page.goto(`${studio.url}${path}`);
      await page.locator('h1').waitFor();
      await page.waitForLoadState('networkidle');
      expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 360]);
      expect(await violations(page)).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${studio.url}${film}`);
    await heading('Film').waitFor();
    await picture(page, 'phone');
  });
});
