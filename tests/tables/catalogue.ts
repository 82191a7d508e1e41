import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BilledCall,
  formatUsd,
  type Ledger,
  type LedgerCheck,
  type LedgerEntry,
  type MicroUsd,
  Pipeline,
  type Plan,
  type ProjectSettings,
  type Resolution,
} from 'vidpipe';
import type { ModelEntry, ModelId, Provider } from 'vidpipe/provider';
import { google, type GoogleOptions } from 'vidpipe/providers/google';
import { simulated } from 'vidpipe/providers/simulated';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { loopbackGoogle, type LoopbackGoogle } from 'vidpipe/testing';
import { readBills } from '../support/bills.ts';
import { datedClock } from '../support/dated-clock.ts';
import { believingMedia } from './believing-media.ts';
import { markdownTable } from './markdown.ts';

type Kind = ModelEntry['kind'];
const SPEED = 600;
/** What films are made at. */
const RESOLUTIONS: readonly Resolution[] = ['720p', '1080p', '4k'];

/** One film of one scene. */
export interface Wish {
  readonly text: string;
  readonly image: string;
  readonly video: string;
  readonly resolution: Resolution;
  readonly audio: boolean;
  readonly seconds: number;
}

/** What a film was to cost, has cost and is billed. */
export interface Costed {
  readonly wish: Wish;
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly bill: readonly BilledCall[];
  readonly check: LedgerCheck;
}

/** A provider and what its service says that it bills, calls by their ids. */
export interface Billing {
  readonly provider: Provider;
  readonly billFor: (ledger: Ledger) => Promise<readonly BilledCall[]>;
  readonly close: () => Promise<void>;
}

/** Bills of the loopback Google name no calls. In a film of one scene the calls of a model are made one after another, so the nth bill of it is that of its nth call. */
function pairedWith({ entries }: Ledger, provider: Provider, bills: Awaited<ReturnType<LoopbackGoogle['bills']>>) {
  const left = bills.map(({ model, microUsd }) => ({ model: `${provider.id}:${model}`, microUsd }));
  const lines = entries.flatMap(({ callId, model }) => {
    const at = left.findIndex((bill) => bill.model === model);
    const [bill] = at === -1 ? [] : left.splice(at, 1);
    return bill === undefined ? [] : [{ call: callId, microUsd: bill.microUsd as MicroUsd }];
  });
  if (left.length > 0) throw new Error(`billed, and in no ledger: ${JSON.stringify(left)}`);
  return lines;
}

/** A surface of the loopback Google, on 22 November 2026. */
export async function googleBilling(
  surface: 'vertex' | 'developer',
  models: GoogleOptions['models'] = {},
): Promise<Billing> {
  const service = await loopbackGoogle({ clock: datedClock(), speed: SPEED, scale: 8 });
  const times = { requestDeadlineMs: 60_000, typicalMs: 100, pollMs: 50 };
  const listed = google({ ...service[surface](), models }).catalogue;
  const quick = Object.fromEntries(listed.map(({ id }) => [id, { ...models[id], times }]));
  const provider = google({ ...service[surface](), models: quick });
  let seen = 0;
  const billFor = async (ledger: Ledger) => {
    const bills = await service.bills();
    const fresh = bills.slice(seen);
    seen = bills.length;
    return pairedWith(ledger, provider, fresh);
  };
  return { provider, billFor, close: () => service.close() };
}

/** The simulated service, whose bills name the calls; its clips are a word. */
function simulatedBilling(): Billing {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-catalogue-'));
  const ffmpegPath = join(dir, 'no-ffmpeg');
  writeFileSync(ffmpegPath, '#!/bin/sh\nfor out; do :; done\necho clip > "$out"\n', { mode: 0o755 });
  const provider = simulated({ dir, speed: SPEED, acceptDelayMs: 1, ffmpegPath });
  const billFor = async ({ projectId }: Ledger) =>
    readBills(dir)
      .filter(({ callId }) => callId.startsWith(projectId))
      .map(({ callId, microUsd }) => ({ call: callId, microUsd: microUsd as MicroUsd }));
  const close = async (): Promise<void> => rmSync(dir, { recursive: true, force: true });
  return { provider, billFor, close };
}

function settingsOf({ text, image, video, resolution, audio, seconds }: Wish, id: string): ProjectSettings {
  const model = (name: string): ModelId => `${id}:${name}`;
  return {
    prompt: 'A heron takes off.',
    duration: seconds,
    clipDuration: seconds,
    models: { text: model(text), image: model(image), video: model(video) },
    resolution,
    audio,
    seed: 1,
  };
}

/** Makes a film of one scene, and compares plan, ledger, pool and bill. */
export async function costed({ provider, billFor }: Billing, wish: Wish): Promise<Costed> {
  const clock = datedClock();
  await using pipeline = new Pipeline({
    providers: [provider],
    events: memoryEvents({ now: () => clock.now() }),
    assets: memoryAssets(),
    media: believingMedia(),
    clock,
  });
  const settings = settingsOf(wish, provider.id);
  const plan = await pipeline.plan(settings);
  const { id } = await pipeline.create(settings);
  const { status, project } = await pipeline.run(id);
  if (status !== 'completed')
    throw new Error(`${JSON.stringify(wish)} ended ${status}: ${project.error?.message ?? ''}`);
  const ledger = await pipeline.ledger(id);
  const bill = await billFor(ledger);
  return { wish, plan, ledger, bill, check: await pipeline.verifyLedger(id, { bill }) };
}

/** Whether a model is offered on the day of the tests. */
function isOffered({ stage, retires = '9999' }: ModelEntry): boolean {
  return stage !== 'retired' && retires > new Date(datedClock().now()).toISOString();
}

type EntryOf<K extends Kind> = Extract<ModelEntry, { readonly kind: K }>;

function offered<K extends Kind>({ catalogue }: Provider, kind: K): EntryOf<K>[] {
  return catalogue.filter((entry): entry is EntryOf<K> => entry.kind === kind && isOffered(entry));
}

function wishesFor(entry: EntryOf<'video'>): Omit<Wish, 'text' | 'image'>[] {
  const { durations, resolutions = ['720p'], audio } = entry.can;
  const lengths = new Set([durations[0] ?? 0, durations.at(-1) ?? 0]);
  return RESOLUTIONS.filter((each) => resolutions.includes(each)).flatMap((resolution) =>
    (audio === true ? [true, false] : [false]).flatMap((sound) =>
      [...lengths].map((seconds) => ({ video: entry.id, resolution, audio: sound, seconds })),
    ),
  );
}

/** How much there is to be drawn. */
const work = ({ resolution, seconds }: Pick<Wish, 'resolution' | 'seconds'>): number =>
  (1 + RESOLUTIONS.indexOf(resolution)) * seconds;

/**
 * Films in which every model of a provider works: each video model at every resolution, with and without sound, at its shortest and longest clip; each
 * image model at every resolution that is filmed; each text model. The quickest come first.
 */
export function wishesOf(provider: Provider): readonly Wish[] {
  const [texts, images] = [offered(provider, 'text'), offered(provider, 'image')];
  const used = new Map<string, number>();
  const next = (list: readonly ModelEntry[], key: string): string => {
    const nth = used.get(key) ?? 0;
    used.set(key, nth + 1);
    return list[nth % list.length]?.id ?? '';
  };
  return offered(provider, 'video')
    .flatMap((entry) => wishesFor(entry))
    .sort((one, other) => work(one) - work(other))
    .map((wish) => ({ ...wish, text: next(texts, 'text'), image: next(images, wish.resolution) }));
}

/** The first films that together use every model. */
export function fewest(wishes: readonly Wish[]): readonly Wish[] {
  const used = new Set<string>();
  return wishes.filter(({ text, image, video }) => {
    const before = used.size;
    for (const model of [text, image, video]) used.add(model);
    return used.size > before;
  });
}

/** Whether a call was estimated to the micro-dollar, or within an interval; and what else must hold of it. */
function faultOf({ callId, price, charged, state }: LedgerEntry, bill: readonly BilledCall[]): string | null {
  const billed = bill.find(({ call }) => call === callId)?.microUsd;
  if (price === null || state !== 'charged') return `${callId} is ${state}`;
  if (billed !== charged) return `${callId}: charged ${charged}, billed ${billed}`;
  if (charged > price.worst) return `${callId}: charged ${charged} of at most ${price.worst}`;
  return price.exact && charged !== price.expected ? `${callId}: charged ${charged}, expected ${price.expected}` : null;
}

/** All that does not add up in a film: no line where estimate, ledger, pool and bill agree. */
export function faultsOf({ plan, ledger, bill, check }: Costed): readonly string[] {
  const clip = plan.steps
    .filter(({ kind }) => kind === 'clip')
    .reduce((sum, { cost }) => sum + (cost?.expected ?? NaN), 0);
  const found = ledger.entries.flatMap((entry) => faultOf(entry, bill) ?? []);
  if (clip !== ledger.byKind['video']?.charged) found.push(`the clip was planned at ${clip}`);
  if (!(ledger.totals.charged <= (plan.cost?.worst ?? NaN))) found.push(`planned at most ${plan.cost?.worst}`);
  return [...found, ...check.findings.map((finding) => JSON.stringify(finding))];
}

function asked({ kind, priced }: LedgerEntry): string {
  if (kind === 'text') return 'a storyboard';
  if (kind === 'image') return `a picture, ${priced.resolution ?? 'any size'}`;
  return `${priced.seconds} s, ${priced.resolution}, ${priced.audio === true ? 'sound' : 'silent'}`;
}

/** One row for each model and what it was asked for, of the first call of that. */
function rowsOf(name: string, films: readonly Costed[]): string[][] {
  const rows = new Map<string, string[]>();
  for (const { ledger, bill } of films) {
    for (const entry of ledger.entries) {
      const { callId, model, price, charged } = entry;
      const key = `${model} ${asked(entry)}`;
      const billed = bill.find(({ call }) => call === callId)?.microUsd ?? (0 as MicroUsd);
      const money = [price?.expected, price?.worst, charged, billed].map((amount) =>
        formatUsd(amount ?? (0 as MicroUsd)),
      );
      if (!rows.has(key))
        rows.set(key, [name, model, asked(entry), ...money, price?.exact === true ? 'exact' : 'estimated']);
    }
  }
  return [...rows.values()].sort((one, other) => (one[1] ?? '').localeCompare(other[1] ?? ''));
}

/** The services whose catalogues are held against their bills. */
export const SERVICES: Readonly<Record<string, () => Promise<Billing>>> = {
  'google, vertex': () => googleBilling('vertex'),
  'google, developer': () => googleBilling('developer'),
  simulated: () => Promise.resolve(simulatedBilling()),
};

/** Makes films at a service, one after another. */
export async function filmsAt(open: () => Promise<Billing>, choose = (wishes: readonly Wish[]) => wishes) {
  const billing = await open();
  try {
    const films: Costed[] = [];
    for (const wish of choose(wishesOf(billing.provider))) films.push(await costed(billing, wish));
    return { films, models: billing.provider.catalogue.filter((entry) => isOffered(entry)) };
  } finally {
    await billing.close();
  }
}

/** The whole catalogue, model by model. Throws where anything does not add up. */
export async function catalogueTable(): Promise<string> {
  const head = ['service', 'model', 'asked for', 'expected', 'at most', 'ledger', 'bill', 'price'];
  const rows: string[][] = [];
  for (const [name, open] of Object.entries(SERVICES)) {
    const { films } = await filmsAt(open);
    const faults = films.flatMap((film) => faultsOf(film));
    if (faults.length > 0) throw new Error(faults.join('\n'));
    rows.push(...rowsOf(name, films));
  }
  return markdownTable(head, rows);
}
