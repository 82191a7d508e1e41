import { serveWeb, type WebServer } from 'vidpipe/testing';

/** What is asked of the service. */
export interface Submission {
  readonly callId: string;
  readonly making: 'image' | 'video';
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** The same call again is the same job, and is billed once. */
  readonly keyed: boolean;
}

/** How a job stands, as JSON. */
export interface Job extends Submission {
  readonly doneAt: number;
}

/** What a picture costs, and a second of a clip; micro-dollars. */
export const PRICES = { image: 20_000, second: 50_000 };

/** How long a clip is made, milliseconds. */
export const CLIP_MS = 30;

/** A service on loopback that makes paper pictures and clips, outlives those who ask it and keeps its own bills. */
export class PaperService {
  readonly bills: { readonly callId: string; readonly microUsd: number }[] = [];
  /** Jobs that were looked at by their handle. */
  readonly looked = new Set<string>();
  /** Requests of any kind. */
  requests = 0;
  readonly #jobs = new Map<string, Job>();
  #server: WebServer | null = null;

  get url(): string {
    return this.#server?.url ?? '';
  }

  async open(): Promise<void> {
    this.#server = await serveWeb([(request) => this.#serve(request)]);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #serve(request: Request): Promise<Response> {
    this.requests += 1;
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/submit') return Response.json(this.#submit((await request.json()) as Submission));
    const callId = searchParams.get('call') ?? '';
    if (pathname === '/look') this.looked.add(callId);
    const job = this.#jobs.get(callId);
    return Response.json(job === undefined ? null : { ...job, isDone: Date.now() >= job.doneAt });
  }

  #submit(asked: Submission): Job {
    const known = this.#jobs.get(asked.callId);
    if (known !== undefined && asked.keyed) return known;
    const { callId, making, seconds } = asked;
    this.bills.push({ callId, microUsd: making === 'image' ? PRICES.image : PRICES.second * seconds });
    const job = { ...asked, doneAt: Date.now() + (making === 'image' ? 0 : CLIP_MS) };
    this.#jobs.set(callId, job);
    return job;
  }
}
