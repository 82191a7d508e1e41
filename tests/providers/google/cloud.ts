import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Job {
  /** Where Veo writes, `bucket` and path. */
  readonly folder: string;
  readonly takes: number;
  looks: number;
  status: 'in_progress' | 'completed' | 'cancelled';
}

interface CloudOptions {
  /** The bytes of every clip. */
  readonly film: Uint8Array;
  /** What gets lost of the nth submission. @default nothing */
  readonly loses?: (nth: number) => 'answer' | 'request' | null;
  /** Looks, at operations or folders, until a job is done. @default none: `finish` ends them */
  readonly looks?: number;
}

interface Asked {
  readonly url: URL;
  readonly body: string;
}

/** Veo, Omni and Cloud Storage on this machine, as far as clips need them, with their own record of what they bill. */
export class Cloud {
  /** Submissions that arrived or were lost on the way, by where they write. */
  readonly asked: string[] = [];
  readonly jobs: Job[] = [];
  requests = 0;
  listings = 0;
  readonly #options: CloudOptions;
  readonly #server: Server;

  constructor(options: CloudOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.requests += 1;
        const answer = this.#answer(request, Buffer.concat(chunks).toString());
        if (answer === 'lost') response.destroy();
        else if (answer instanceof Uint8Array) response.end(answer);
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Jobs that are paid for. */
  get billed(): number {
    return this.jobs.length;
  }

  finish(): void {
    for (const job of this.jobs) if (job.status === 'in_progress') job.status = 'completed';
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ url: path = '', method }: IncomingMessage, text: string): object | Uint8Array | 'lost' {
    const asked = { url: new URL(path, 'http://cloud'), body: text };
    const { pathname, searchParams } = asked.url;
    if (pathname.endsWith(':predictLongRunning')) return this.#startVeo(asked);
    if (pathname.endsWith(':fetchPredictOperation')) return this.#operation(asked);
    if (searchParams.get('alt') === 'media') return this.#options.film;
    if (pathname.endsWith('/o')) return this.#list(asked);
    if (pathname.includes('/files/')) return { name: pathname.slice(8), state: 'ACTIVE' };
    return method === 'POST' && pathname.endsWith('/interactions') ? this.#startOmni() : this.#interaction(asked);
  }

  /** Accepts a submission, unless it is lost on its way. */
  #accept(folder: string, takes: number): { readonly id: number; readonly lost: boolean } {
    this.asked.push(folder);
    const lost = this.#options.loses?.(this.asked.length) ?? null;
    if (lost !== 'request') this.jobs.push({ folder, takes, looks: 0, status: 'in_progress' });
    return { id: this.jobs.length - 1, lost: lost !== null };
  }

  #look(job: Job): Job {
    job.looks += 1;
    if (job.status === 'in_progress' && job.looks >= (this.#options.looks ?? Infinity)) job.status = 'completed';
    return job;
  }

  #startVeo({ url, body }: Asked): object | 'lost' {
    const { parameters } = JSON.parse(body) as { parameters: { storageUri: string; sampleCount: number } };
    const { id, lost } = this.#accept(parameters.storageUri.slice('gs://'.length), parameters.sampleCount);
    const model = url.pathname.replace(/^\/v1beta1\//, '').replace(/:.*$/, '');
    return lost ? 'lost' : { name: `${model}/operations/${id}` };
  }

  #operation({ body }: Asked): object {
    const { operationName: name } = JSON.parse(body) as { operationName: string };
    const job = this.#look(this.jobs[Number(name.split('/').at(-1))] as Job);
    if (job.status !== 'completed') return { name };
    const videos = this.#objects(job).map((each) => ({ gcsUri: `gs://${each}`, mimeType: 'video/mp4' }));
    return { name, done: true, response: { raiMediaFilteredCount: 0, videos } };
  }

  #objects({ folder, takes }: Job): string[] {
    return Array.from({ length: takes }, (_, index) => `${folder}77/sample_${index}.mp4`);
  }

  #list({ url }: Asked): object {
    this.listings += 1;
    const bucket = url.pathname.split('/').at(-2);
    const job = this.jobs.find(({ folder }) => folder === `${bucket}/${url.searchParams.get('prefix')}`);
    if (job === undefined || this.#look(job).status !== 'completed') return {};
    return { items: this.#objects(job).map((each) => ({ name: each.replace(`${bucket}/`, ''), size: '9' })) };
  }

  #startOmni(): object | 'lost' {
    const { id, lost } = this.#accept('', 1);
    return lost ? 'lost' : { id: `v1_${id}`, status: 'in_progress', object: 'interaction' };
  }

  #interaction({ url }: Asked): object {
    const [, id = ''] = /\/interactions\/v1_(\d+)/.exec(url.pathname) ?? [];
    const job = this.#look(this.jobs[Number(id)] as Job);
    if (url.pathname.endsWith('/cancel') && job.status === 'in_progress') job.status = 'cancelled';
    const uri = `${this.origin}/v1beta/files/f-${id}:download?alt=media`;
    const filmed = { steps: [{ type: 'model_output', content: [{ type: 'video', uri }] }] };
    return { id: `v1_${id}`, status: job.status, ...(job.status === 'completed' ? filmed : {}) };
  }
}
