import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Client, type ClientSettings, createClient } from 'vidpipe/client';

const root = join(import.meta.dirname, '../..');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Debian's browser, with an empty profile. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
}

/** The example server in a folder of its own, as a process that can be stopped, killed and started again. */
export class Studio {
  readonly dir = mkdtempSync(join(tmpdir(), 'vidpipe-studio-'));
  readonly #speed: number;
  #child: ChildProcess | null = null;
  #port = 0;

  constructor(speed: number) {
    this.#speed = speed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get client(): Client {
    return createClient({ baseUrl: `${this.url}/api` });
  }

  /** Starts it, later on the same port again. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(root, 'examples/express/main.ts')], {
      env: { ...process.env, PORT: String(this.#port), VIDPIPE_OUT: this.dir, VIDPIPE_SPEED: String(this.#speed) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
      if (port === undefined) continue;
      this.#port = Number(port);
      child.stdout.resume();
      return;
    }
    throw new Error('the server has ended');
  }

  /** A film, made to its end. */
  async film(settings: Partial<ClientSettings> = {}): Promise<string> {
    const { id } = await this.client.create({ prompt: 'A film', duration: 4, clipDuration: 4, ...settings });
    await this.client.run(id);
    for await (const _event of this.client.watch(id)) continue;
    return id;
  }

  /** Ends the process; answers its exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return null;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core finds on the page, in light and in dark. */
export async function violations(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const all = await page.evaluate<readonly Violation[]>(
      `${axe};axe.run(document,{resultTypes:['violations']}).then(({violations})=>violations)`,
    );
    found.push(
      ...all.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${colorScheme} ${id}: ${html} ${failureSummary}`),
      ),
    );
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

/** A page in a window of its own, with what its console complains of. */
export async function openPage(browser: Browser, width = 1200, height = 860): Promise<Page> {
  const viewport = { width, height };
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' });
  context.setDefaultTimeout(60_000);
  return context.newPage();
}

/** Keeps a picture for the documentation, where that is asked for. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['VIDPIPE_SCREENSHOTS'] === undefined) return;
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => undefined))));
  await page.screenshot({ path: join(root, `docs/assets/studio-${name}.png`) });
}
