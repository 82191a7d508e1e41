interface Follower {
  readonly projectId: string;
  readonly after: number;
  readonly end: (error?: Error) => void;
}

/** All that wait for logs to grow; who sees them grow tells `grew`. */
export class Followers {
  readonly #waiting = new Set<Follower>();
  readonly #atRest: () => void;

  /** Calls `atRest` when the last one has ended. */
  constructor(atRest: () => void) {
    this.#atRest = atRest;
  }

  /** The projects that are waited for. */
  get projects(): Set<string> {
    return new Set(Array.from(this.#waiting, ({ projectId }) => projectId));
  }

  /** Resolves when the project has events past `after`; rejects with the signal's reason. `joined` is called once it waits. */
  follow(projectId: string, after: number, signal: AbortSignal, joined: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => follower.end(signal.reason as Error);
      const end = (error?: Error): void => {
        signal.removeEventListener('abort', aborted);
        this.#waiting.delete(follower);
        if (this.#waiting.size === 0) this.#atRest();
        if (error === undefined) resolve();
        else reject(error);
      };
      const follower: Follower = { projectId, after, end };
      if (signal.aborted) return reject(signal.reason as Error);
      this.#waiting.add(follower);
      signal.addEventListener('abort', aborted, { once: true });
      joined();
    });
  }

  /** Tells how far a log reaches. */
  grew(projectId: string, seq: number): void {
    for (const follower of this.#waiting) if (follower.projectId === projectId && seq > follower.after) follower.end();
  }

  /** Ends all waiting with an error. */
  close(error: Error): void {
    for (const follower of this.#waiting) follower.end(error);
  }
}
