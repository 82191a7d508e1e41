import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Keys, KillWorld } from './world.ts';

/** Where the first driver freezes. */
export const POINTS = ['before request', 'after acceptance', 'before recording'] as const;
/** When it goes on: at once, or after what the second driver has done; or it is killed where it stands. */
export const ENDS = ['at once', 'after takeover', 'after a fact', 'after rest', 'never'] as const;

/** One order of freezing, taking over and going on. */
export interface FrozenOrder {
  readonly point: (typeof POINTS)[number];
  readonly end: (typeof ENDS)[number];
  readonly keys: Keys;
}

/** Bills of the film: two stills and a clip; its words are given. */
const BILLS = 3;
const CHILD = join(import.meta.dirname, '../crash/frozen-child.ts');

class Driver {
  readonly #child: ChildProcess;
  readonly lines: string[] = [];
  readonly done: Promise<void>;
  #waiting: (() => void)[] = [];

  constructor(dir: string, id: string, keys: Keys, point: string) {
    this.#child = spawn(process.execPath, [CHILD, dir, id, keys, point], { stdio: ['ignore', 'pipe', 'inherit'] });
    const wake = (): void => this.#waiting.splice(0).forEach((each) => each());
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        this.lines.push(line);
        wake();
      });
    this.done = new Promise((resolve) =>
      this.#child.on('close', () => {
        resolve();
        wake();
      }),
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits until a printed line fits, or the driver is gone. */
  async until(fits: (line: string) => boolean): Promise<void> {
    while (!this.lines.some(fits) && this.#child.exitCode === null && this.#child.signalCode === null)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Waits until the process is stopped; `false` when it is gone without. */
  async stopped(): Promise<boolean> {
    while (this.#child.exitCode === null && this.#child.signalCode === null) {
      const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
      if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')) return true;
      await sleep(5);
    }
    return false;
  }
}

async function takeOver(second: Driver, end: FrozenOrder['end']): Promise<void> {
  if (end === 'after takeover') await second.until((line) => line === 'run.started');
  else if (end === 'after a fact')
    await second.until((line) => /^rest|^call\.(unknown|rejected|submitted|settled)$/.test(line));
  else await second.done;
}

/** Plays an order; answers what is wrong with the drivers themselves. */
async function play(dir: string, id: string, { point, end, keys }: FrozenOrder): Promise<string[]> {
  const first = new Driver(dir, id, keys, point);
  if (!(await first.stopped())) return ['the first driver never froze'];
  if (end === 'at once') {
    first.signal('SIGCONT');
    await first.done;
    return first.lines.at(-1) === 'rest completed' ? [] : [`the first ended with "${first.lines.at(-1)}"`];
  }
  const second = new Driver(dir, id, keys, 'none');
  await takeOver(second, end);
  first.signal(end === 'never' ? 'SIGKILL' : 'SIGCONT');
  await Promise.all([first.done, second.done]);
  const rest = second.lines.at(-1) ?? '';
  const wanted = ['rest completed', ...(keys === 'neither' ? ['rest waiting'] : [])];
  return wanted.includes(rest) ? [] : [`the second ended with "${rest}"`];
}

/** What is wrong after an order was played and the project was resumed once more; empty when nothing is. */
export async function frozenCase(order: FrozenOrder): Promise<readonly string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-frozen-'));
  const world = new KillWorld(dir, order.keys);
  try {
    const id = await world.createOne();
    const wrong = await play(dir, id, order);
    const last = new Driver(dir, id, order.keys, 'none');
    await last.done;
    const rest = last.lines.at(-1) ?? '';
    const { charged, held, unknown } = (await world.read(id)).money;
    const billed = world.billed();
    const bills = world.bills();
    const lost = order.keys === 'neither' && order.end === 'never';
    if (rest !== 'rest completed' && !(lost && rest === 'rest waiting')) wrong.push(`it ended with "${rest}"`);
    if (bills > BILLS) wrong.push(`${bills} bills, ${BILLS} were wanted`);
    if (order.keys !== 'neither' && (charged !== billed || held + unknown !== 0))
      wrong.push(`charged ${charged}, held ${held}, unknown ${unknown}, billed ${billed}`);
    if (charged > billed || billed > charged + held + unknown)
      wrong.push(`not charged ${charged} <= billed ${billed} <= charged + unknown ${charged + unknown}`);
    return wrong;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** All orders, for each way that models can be asked again. */
export function frozenOrders(): readonly FrozenOrder[] {
  const kinds: readonly Keys[] = ['keys', 'look-up', 'neither'];
  return kinds.flatMap((keys) => POINTS.flatMap((point) => ENDS.map((end) => ({ point, end, keys }))));
}
