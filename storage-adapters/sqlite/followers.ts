/** How often other processes' commits are looked for. */
const LOOK_MS = 100;

/** What followers need of the database. */
export interface Followed {
  /** Changes with every commit of another connection; `null` where there can be none. */
  version(): number | null;
  /** The last seq of a project that is not deleted, else 0. */
  seqOf(projectId: string): number;
}

interface Follower {
  readonly projectId: string;
  readonly after: number;
  readonly end: (error?: Error) => void;
}

/** All that wait for a log to grow. Own commits wake them at once; one timer, only while somebody waits, looks for those of others. */
export class Followers {
  readonly #followed: Followed;
  readonly #waiting = new Set<Follower>();
  #timer: ReturnType<typeof setInterval> | null = null;
  #seen: number | null = null;

  constructor(followed: Followed) {
    this.#followed = followed;
  }

  /** Resolves when the project has events past `after`; rejects with the signal's reason. */
  follow(projectId: string, after: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => follower.end(signal.reason as Error);
      const end = (error?: Error): void => {
        signal.removeEventListener('abort', aborted);
        this.#waiting.delete(follower);
        if (this.#waiting.size === 0) this.#rest();
        if (error === undefined) resolve();
        else reject(error);
      };
      const follower: Follower = { projectId, after, end };
      if (signal.aborted) return reject(signal.reason as Error);
      // Begins to watch before it looks, so that no commit falls between.
      this.#watch();
      this.#waiting.add(follower);
      signal.addEventListener('abort', aborted, { once: true });
      this.#wake([follower]);
    });
  }

  /** Tells of an own commit. */
  grew(projectId: string, seq: number): void {
    for (const follower of this.#waiting) if (follower.projectId === projectId && seq > follower.after) follower.end();
  }

  /** Ends all waiting with an error. */
  close(error: Error): void {
    for (const follower of this.#waiting) follower.end(error);
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
    this.#wake(this.#waiting);
  }

  #wake(followers: Iterable<Follower>): void {
    const seqs = new Map<string, number>();
    try {
      for (const { projectId, after, end } of followers) {
        const seq = seqs.get(projectId) ?? this.#followed.seqOf(projectId);
        seqs.set(projectId, seq);
        if (seq > after) end();
      }
    } catch (error) {
      this.close(error as Error);
    }
  }
}
