import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Pipeline, PipelineOptions } from 'vidpipe';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { checkProject } from 'vidpipe/testing';
import type { Keys } from '../soak/world.ts';
import { settingsFor } from '../support/world.ts';
import { paperPipeline, type PaperPlace } from './paper-pipeline.ts';
import { PaperService } from './paper-service.ts';

const CHILD = join(import.meta.dirname, 'paper-child.ts');
/** Three stills and two clips. */
export const BILLS = 5;
const LONGEST_MS = 30_000;

/** A child that runs. */
export interface RunningChild {
  readonly pid: number;
  readonly kill: () => void;
}

/** How a child is started. */
export interface Start {
  /** Program and arguments that the child is started by. @default none */
  readonly wrap?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Waits with its work until this file is there. */
  readonly barrier?: string;
  /** What it runs. @default the film of `paper-child.ts` */
  readonly script?: string;
  /** A child that is not done then hangs, milliseconds. @default 30000 */
  readonly longestMs?: number;
  /** Told of each line from the first one on, `ready PID`; may do something to the child. */
  readonly onLine?: (line: string, child: RunningChild) => void;
}

/** How a child has ended. */
export interface Ended {
  readonly pid: number;
  readonly lines: readonly string[];
  /** `rest …`, `error …`, or whatever it said last. */
  readonly last: string;
  readonly signal: NodeJS.Signals | null;
  /** What it said of a failure that has no type. */
  readonly stderr: string;
  /** It was not done in time. */
  readonly hung: boolean;
}

/** One paper film in folders of its own on the real adapters, made by children; its service lives here. */
export class OsWorld {
  readonly dir = mkdtempSync(join(tmpdir(), 'vidpipe-os-'));
  readonly keys: Keys;
  readonly service = new PaperService();
  readonly #folders: Partial<PaperPlace>;

  constructor(keys: Keys, folders: Partial<PaperPlace> = {}) {
    this.keys = keys;
    this.#folders = folders;
  }

  get place(): PaperPlace {
    const { dir, keys } = this;
    return { database: dir, assets: dir, work: dir, url: this.service.url, keys, ...this.#folders };
  }

  async open(): Promise<this> {
    await this.service.open();
    return this;
  }

  async close(): Promise<void> {
    await this.service.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  pipeline(more: Partial<PipelineOptions> = {}): Pipeline {
    return paperPipeline(this.place, more);
  }

  /** Lets a child make the film. */
  run({ wrap = [], env = {}, barrier, onLine = () => undefined, ...more }: Start = {}): Promise<Ended> {
    const { script = CHILD, longestMs = LONGEST_MS } = more;
    const command = [process.execPath, script, JSON.stringify(this.place), ...(barrier === undefined ? [] : [barrier])];
    const [program = '', ...args] = [...wrap, ...command];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const lines: string[] = [];
    let [pid, hung, stderr] = [0, false, ''];
    const kill = (): void => void (pid > 0 ? process.kill(pid, 'SIGKILL') : child.kill('SIGKILL'));
    const timer = setTimeout(() => {
      hung = true;
      kill();
    }, longestMs);
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('ready ')) pid = Number(line.slice('ready '.length));
      onLine(line, { pid, kill });
    });
    return new Promise((resolve) =>
      child.on('close', (_, signal) => {
        clearTimeout(timer);
        resolve({ pid, lines, last: lines.at(-1) ?? '', signal, stderr, hung });
      }),
    );
  }

  /** Resumes the film here, as a process that was not there before, and holds all against the invariants; answers what is wrong. */
  async finish(): Promise<readonly string[]> {
    try {
      return await this.#finish();
    } catch (error) {
      return [`it can not be resumed: ${String(error)}`];
    }
  }

  async #finish(): Promise<readonly string[]> {
    const open: Pipeline[] = [];
    const opened = (): Pipeline => {
      const pipeline = this.pipeline();
      open.push(pipeline);
      return pipeline;
    };
    try {
      this.#passTime();
      const [known] = (await opened().list()).items;
      const before = this.service.bills.length;
      if (known === undefined && before > 0) return ['it was billed, and there is no project'];
      const id = known?.projectId ?? (await opened().create(settingsFor(2))).id;
      const { status, project } = await opened().run(id);
      const asked = this.keys === 'neither' && project.waiting?.reason === 'unknown-charge';
      const wrong = status === 'completed' || asked ? [] : [`it rests as ${status} (${project.error?.code})`];
      const found = await this.#check(id, opened);
      for (const pipeline of open.splice(0)) await pipeline.close();
      const bought = this.service.bills.length;
      const repeated = this.keys !== 'neither' && bought !== BILLS ? [`${bought} bills, ${BILLS} were wanted`] : [];
      return [...wrong, ...found, ...repeated, ...this.#integrity(), ...this.#leftovers(bought > before)];
    } finally {
      for (const pipeline of open) await pipeline.close();
    }
  }

  async #check(id: string, open: () => Pipeline): Promise<readonly string[]> {
    const { bills, looked } = this.service;
    const events = sqlite(join(this.place.database, 'vidpipe.db'));
    const found = await checkProject({
      id,
      open,
      events,
      assets: filesystem(join(this.place.assets, 'assets')),
      requests: () => this.service.requests,
      looked: () => looked,
      ledgers: () => ({ bills, exact: this.keys !== 'neither' }),
    });
    await events.close?.();
    return found;
  }

  /** Long after: what a killed process had begun to make is nobody's any more. */
  #passTime(): void {
    const { database } = this.place;
    for (const name of readdirSync(database)) if (name.includes('.new')) utimesSync(join(database, name), 0, 0);
  }

  /** I7: what SQLite itself says of the file. */
  #integrity(): string[] {
    const db = new DatabaseSync(join(this.place.database, 'vidpipe.db'));
    const rows = [...db.prepare('pragma integrity_check').all(), ...db.prepare('pragma foreign_key_check').all()];
    db.close();
    const told = JSON.stringify(rows);
    return told === '[{"integrity_check":"ok"}]' ? [] : [`I7: ${told}`];
  }

  /** I5: files beside the database and the assets. What a killed process left in the work folder goes as soon as another one writes there. */
  #leftovers(written: boolean): string[] {
    const { database, assets, work } = this.place;
    const inside = (folder: string): string[] =>
      existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
    const beside = readdirSync(database).filter((name) => name.startsWith('vidpipe.db') && name !== 'vidpipe.db');
    const left = [...beside, ...inside(join(assets, 'assets', '.tmp')), ...(written ? inside(join(work, 'work')) : [])];
    return left.map((name) => `I5: ${name} is left over`);
  }
}
