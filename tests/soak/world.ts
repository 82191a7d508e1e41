import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Pipeline, type Project } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { type Bill, readBills } from '../support/bills.ts';
import { settingsFor } from '../support/world.ts';

/** How the simulated models can be asked again. */
export type Keys = 'keys' | 'look-up' | 'neither';

const CHILD = join(import.meta.dirname, '../crash/child.ts');

/** A folder with one project, driven by processes of their own. */
export class KillWorld {
  readonly dir: string;
  readonly keys: Keys;

  constructor(dir: string, keys: Keys) {
    this.dir = dir;
    this.keys = keys;
  }

  open(): Pipeline {
    return new Pipeline({
      providers: [simulated({ dir: join(this.dir, 'simulated') })],
      events: sqlite(join(this.dir, 'vidpipe.db')),
      assets: filesystem(join(this.dir, 'assets')),
      workDir: join(this.dir, 'work'),
    });
  }

  async create(seed: number): Promise<string> {
    const pipeline = this.open();
    const { id } = await pipeline.create({
      prompt: 'A lighthouse keeper finds a bottle',
      duration: 8,
      clipDuration: 4,
      seed,
    });
    await pipeline.close();
    return id;
  }

  /** A film of one scene whose words are given: two stills and a clip. */
  async createOne(): Promise<string> {
    const pipeline = this.open();
    const { id } = await pipeline.create(settingsFor(1));
    await pipeline.close();
    return id;
  }

  async read(id: string): Promise<Project> {
    const pipeline = this.open();
    const project = await pipeline.get(id);
    await pipeline.close();
    return project;
  }

  /** Starts the driver; `onLine` is called with each event type that it prints. */
  drive(id: string, onLine: (child: ChildProcess, line: string) => void): Promise<string> {
    const child = spawn(process.execPath, [CHILD, this.dir, id, this.keys], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) onLine(child, line);
    });
    let last = '';
    child.stdout.on('data', (chunk: Buffer) => (last = chunk.toString().trim().split('\n').at(-1) ?? last));
    return new Promise((resolve) => child.on('close', () => resolve(last)));
  }

  #bills(): readonly Bill[] {
    return readBills(join(this.dir, 'simulated'));
  }

  /** Micro-dollars that the service bills. */
  billed(): number {
    return this.#bills().reduce((sum, { microUsd }) => sum + microUsd, 0);
  }

  /** Requests that the service bills. */
  bills(): number {
    return this.#bills().length;
  }

  /** Files that nobody names: half written ones, and assets of no artifact. One reply of a writer is named by its call only. */
  leftovers(project: Project): string[] {
    const root = join(this.dir, 'assets');
    const named = new Set<string>(project.steps.flatMap(({ asset }) => asset?.digest ?? []));
    const stored = readdirSync(root)
      .filter((name) => name !== '.tmp')
      .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `sha256-${folder}${name}`));
    const unnamed = stored.filter((digest) => !named.has(digest));
    const work = join(this.dir, 'work');
    const temp = [
      join(root, '.tmp'),
      ...(existsSync(work) ? readdirSync(work).map((name) => join(work, name)) : []),
    ].flatMap((folder) => readdirSync(folder));
    return [...temp, ...unnamed.slice(1)];
  }
}
