import { Followers } from 'vidpipe/storage';

/** How often other processes' commits are looked for. */
const LOOK_MS = 100;

/** What followers need of the database. */
export interface Followed {
  /** Changes with every commit of another connection; `null` where there can be none. */
  version(): number | null;
  /** The last seq of a project that is not deleted, else 0. */
  seqOf(projectId: string): number;
}

/** Followers of a file. Own commits wake them at once; one timer, only while somebody waits, looks for those of others. */
export class FileFollowers {
  readonly #followed: Followed;
  readonly #followers = new Followers(() => this.#rest());
  #timer: ReturnType<typeof setInterval> | null = null;
  #seen: number | null = null;

  constructor(followed: Followed) {
    this.#followed = followed;
  }

  /** Resolves when the project has events past `after`; rejects with the signal's reason. */
  async follow(projectId: string, after: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // Begins to watch before it looks, so that no commit falls between.
    this.#watch();
    await this.#followers.follow(projectId, after, signal, () => this.#wake([projectId]));
  }

  /** Tells of an own commit. */
  grew(projectId: string, seq: number): void {
    this.#followers.grew(projectId, seq);
  }

  /** Ends all waiting with an error. */
  close(error: Error): void {
    this.#followers.close(error);
  }

  #watch(): void {
    if (this.#timer !== null) return;
    this.#seen = this.#followed.version();
    if (this.#seen === null) return;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    try {
      const version = this.#followed.version();
      if (version === this.#seen) return;
      this.#seen = version;
    } catch (error) {
      return this.close(error as Error);
    }
    this.#wake(this.#followers.projects);
  }

  #wake(projects: Iterable<string>): void {
    try {
      for (const projectId of projects) this.grew(projectId, this.#followed.seqOf(projectId));
    } catch (error) {
      this.close(error as Error);
    }
  }
}
