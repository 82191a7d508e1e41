import { EventStoreError, Followers } from 'vidpipe/storage';
import { type Listener, loadListener } from './client.ts';
import type { Parts } from './connection.ts';
import { channelOf, type Database } from './database.ts';
import { readBack } from './statements.ts';

/** While somebody listens, every so many ticks are a look: a word may have been lost. */
const SELDOM = 20;

/** How growth is heard of. */
export interface Hearing {
  /** The connection that listens; `null` for none. */
  readonly listen: Parts | null;
  readonly waitMs: number;
  readonly pollMs: number;
}

/** Followers of a database. Own commits wake them at once, LISTEN tells of those of others; a timer, only while somebody waits, looks where that does not go. */
export class DatabaseFollowers {
  readonly #db: Database;
  readonly #hearing: Hearing;
  readonly #followers = new Followers(() => this.#rest());
  readonly #unseen = new Set<string>();
  #looking = false;
  #ticks = 0;
  #timer: ReturnType<typeof setInterval> | null = null;
  #listener: Listener | null = null;
  #listens = false;

  constructor(db: Database, hearing: Hearing) {
    this.#db = db;
    this.#hearing = hearing;
  }

  /** Resolves when the project has events past `after`; rejects with the signal's reason. An outage of the server is waited out. */
  follow(projectId: string, after: number, signal: AbortSignal): Promise<void> {
    return this.#followers.follow(projectId, after, signal, () => {
      this.#watch();
      this.#look([projectId]);
    });
  }

  /** Tells of an own commit. */
  grew(projectId: string, seq: number): void {
    this.#followers.grew(projectId, seq);
  }

  /** Ends all waiting with an error, and the connection that listens. */
  async close(error: Error): Promise<void> {
    this.#followers.close(error);
    await this.#drop(this.#listener);
  }

  #watch(): void {
    if (this.#timer !== null) return;
    this.#timer = setInterval(() => this.#tick(), this.#hearing.pollMs);
    this.#timer.unref();
    this.#tick();
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    this.#ticks += 1;
    const isTurn = this.#ticks % SELDOM === 0;
    if (this.#listener === null && (isTurn || this.#ticks === 1)) void this.#listen();
    this.#look(isTurn || !this.#listens ? this.#followers.projects : []);
  }

  async #listen(): Promise<void> {
    const { listen, waitMs } = this.#hearing;
    if (listen === null) return;
    let listener: Listener | null = null;
    try {
      listener = this.#listener = await loadListener(this.#db.name, listen, waitMs);
      const lost = (): void => void this.#drop(listener);
      listener.on('error', lost);
      listener.on('end', lost);
      listener.on('notification', ({ payload = '' }) => this.#heard(payload));
      await listener.connect();
      listener.unref();
      await listener.query(`listen "${channelOf(this.#db.schema)}"`);
      if (this.#listener !== listener) return await this.#drop(listener);
      this.#listens = true;
      // What was committed before there was an ear.
      this.#look(this.#followers.projects);
    } catch {
      // Looking goes on, and listening is tried again.
      await this.#drop(listener);
    }
  }

  async #drop(listener: Listener | null): Promise<void> {
    if (this.#listener === listener) [this.#listener, this.#listens] = [null, false];
    await listener?.end().catch(() => undefined);
  }

  #heard(payload: string): void {
    const [projectId = '', seq] = payload.split(' ');
    this.grew(projectId, Number(seq));
  }

  /** One statement at a time, for all that have come together meanwhile. */
  #look(projects: Iterable<string>): void {
    for (const projectId of projects) this.#unseen.add(projectId);
    if (!this.#looking) void this.#lookAtAll();
  }

  async #lookAtAll(): Promise<void> {
    this.#looking = true;
    while (this.#unseen.size > 0) {
      const projectIds = [...this.#unseen];
      this.#unseen.clear();
      try {
        for (const { project_id, seq } of await this.#db.run('grown', { projectIds }))
          this.grew(readBack(String(project_id)), Number(seq));
      } catch (error) {
        if (!(error instanceof EventStoreError)) this.#followers.close(error as Error);
        else for (const projectId of projectIds) this.#unseen.add(projectId);
        // What could not be seen is looked at again at the next tick.
        break;
      }
    }
    this.#looking = false;
  }
}
