import { Refusal } from './refusal.ts';

/** How often one client may ask. */
export interface RateLimit {
  /** Requests within `seconds`. */
  readonly requests: number;
  readonly seconds: number;
  /** Names the client: by its token, or by an address that your proxy has checked. Those without a name are one client. */
  readonly client: (request: Request) => string;
}

/** What one request may take. */
export interface HttpLimits {
  /** Bytes of a JSON body. @default 1048576 (1 MiB) */
  readonly bodyBytes: number;
  /** Bytes of a supplied picture or clip. @default 268435456 (256 MiB) */
  readonly uploadBytes: number;
  /** How deep JSON may be nested. @default 32 */
  readonly depth: number;
  /** Items of one page, projects and events alike. @default 200 */
  readonly page: number;
  /** Event streams at once, in all. @default 1000 */
  readonly streams: number;
  /** Event streams at once of one project. @default 50 */
  readonly streamsPerProject: number;
  /** A quiet event stream says that it lives, milliseconds. @default 15000 */
  readonly heartbeatMs: number;
  /** An event stream that nobody reads is ended, milliseconds. @default 30000 */
  readonly stallMs: number;
  /** @default no limit */
  readonly rate?: RateLimit;
}

/** Limits that are not given. */
export const LIMITS: HttpLimits = {
  bodyBytes: 1024 ** 2,
  uploadBytes: 256 * 1024 ** 2,
  depth: 32,
  page: 200,
  streams: 1000,
  streamsPerProject: 50,
  heartbeatMs: 15_000,
  stallMs: 30_000,
};

/** Clients that are remembered at once; all are forgotten where there are more. */
const MOST_CLIENTS = 100_000;

/** Counts requests in windows of time, by client. */
export class Rate {
  readonly #limit: RateLimit;
  readonly #counts = new Map<string, number>();
  #until = 0;

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Throws `Refusal` (429) where a client has asked often enough. */
  take(request: Request, now = Date.now()): void {
    const { requests, seconds, client } = this.#limit;
    if (now >= this.#until || this.#counts.size >= MOST_CLIENTS) {
      this.#counts.clear();
      this.#until = now + seconds * 1000;
    }
    const name = client(request);
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count <= requests) return;
    const wait = String(Math.ceil((this.#until - now) / 1000));
    throw new Refusal(429, 'too-many-requests', `Too many requests; go on in ${wait} s.`, { 'retry-after': wait });
  }
}

/** Counts event streams that are open. */
export class Slots {
  readonly #limits: HttpLimits;
  readonly #byProject = new Map<string, number>();
  #total = 0;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  /** Takes a slot; answers what gives it back, once. Throws `Refusal`: 503 where all are taken, 429 where those of the project are. */
  take(projectId: string): () => void {
    const mine = this.#byProject.get(projectId) ?? 0;
    const wait = { 'retry-after': '5' };
    if (this.#total >= this.#limits.streams)
      throw new Refusal(503, 'too-many-streams', 'Too many event streams are open.', wait);
    if (mine >= this.#limits.streamsPerProject)
      throw new Refusal(429, 'too-many-streams', 'Too many event streams of this project are open.', wait);
    this.#total += 1;
    this.#byProject.set(projectId, mine + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#total -= 1;
      const left = (this.#byProject.get(projectId) ?? 1) - 1;
      if (left === 0) this.#byProject.delete(projectId);
      else this.#byProject.set(projectId, left);
    };
  }
}
