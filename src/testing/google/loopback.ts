import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from 'vidpipe';
import { KEY, PROJECT } from './auth.ts';
import { Content } from './content.ts';
import type { ScriptedFault } from './faults.ts';
import { type GoogleBill, Ledger } from './ledger.ts';
import type { GooglePrices } from './prices.ts';
import { serveWeb } from './serve.ts';
import { GoogleService, type LoggedRequest } from './service.ts';
import { FakeStorage } from './storage.ts';

/** Options of `loopbackGoogle`. */
export interface LoopbackOptions {
  /** Folder of its operations, interactions, files, stored objects and bills: with the same one it goes on where it was. @default a temporary one that `close` removes */
  readonly dir?: string;
  /** @default a free one */
  readonly port?: number;
  /** Its time: when requests came, how far operations are, which models and prices there are. @default the machine's */
  readonly clock?: Pick<Clock, 'now' | 'sleep'>;
  /** How much faster than life: a clip takes 60 s at 1, a picture 8 s, a text 4 s. @default 10 */
  readonly speed?: number;
  /** The same seed and requests give the same content. @default 1 */
  readonly seed?: number;
  /** How many times smaller than asked pictures and clips are drawn: quicker tests. @default 1 */
  readonly scale?: number;
  /** Prices by model, in place of the list prices. */
  readonly prices?: GooglePrices;
  /** What goes wrong. @default nothing */
  readonly script?: readonly ScriptedFault[];
}

/** A Google of your own on loopback, at no cost. */
export interface LoopbackGoogle {
  /** `http://127.0.0.1:<port>`, the base URL of all its services. */
  readonly url: string;
  readonly dir: string;
  /** Its Cloud Storage, with a fault script of its own. */
  readonly storage: FakeStorage;
  /** Replaces the script of what goes wrong. */
  script(faults: readonly ScriptedFault[]): void;
  /** Every request that it got, in order, without secrets. */
  requests(): readonly LoggedRequest[];
  /** What it bills, oldest first. */
  bills(): Promise<readonly GoogleBill[]>;
  /** Options of the google provider for its Vertex. With the bucket clips are stored, without it they come inline. */
  vertex(): {
    readonly vertex: {
      readonly project: string;
      readonly location: string;
      readonly bucket: string;
      readonly apiKey: string;
    };
    readonly baseUrls: { readonly vertex: string; readonly storage: string };
  };
  /** Options of the google provider for its Gemini Developer API. */
  developer(): { readonly apiKey: string; readonly baseUrls: { readonly developer: string } };
  /** Ends it, and removes its folder unless that is yours. */
  close(): Promise<void>;
}

const machine: Pick<Clock, 'now' | 'sleep'> = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};

/**
 * One fake server for Gemini text and image models, Imagen, Veo, Omni and Cloud Storage, on 127.0.0.1: it speaks their wire protocol, refuses what
 * they refuse, delivers simulated words, pictures and clips, and keeps a billing record of its own at list prices. Needs ffmpeg for clips.
 * It differs from Google where nobody has documented what Google does: a cancelled interaction and an operation that ends with an error are not billed.
 */
export async function loopbackGoogle(options: LoopbackOptions = {}): Promise<LoopbackGoogle> {
  const { port = 0, clock = machine, speed = 10, seed = 1, scale = 1, prices, script = [] } = options;
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'vidpipe-loopback-google-')));
  const ledger = new Ledger(join(dir, 'bills'), prices);
  const content = new Content(join(dir, 'content'), seed, scale);
  const storage = new FakeStorage({ folder: join(dir, 'storage'), now: () => clock.now() });
  const service = new GoogleService({ clock, speed, ledger, content }, storage, join(dir, 'jobs'));
  service.script.set(script);
  await service.load();
  const server = await serveWeb([service.handle], { port, clock });
  const { url } = server;
  return {
    url,
    dir,
    storage,
    script: (faults) => service.script.set(faults),
    requests: () => service.requests,
    bills: () => ledger.all(),
    vertex: () => ({
      vertex: { project: PROJECT, location: 'us-central1', bucket: 'loopback-bucket', apiKey: KEY },
      baseUrls: { vertex: url, storage: url },
    }),
    developer: () => ({ apiKey: KEY, baseUrls: { developer: url } }),
    close: async () => {
      await server.close();
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
