// Asks the real Google and prints what it finds of the points that documents leave open. Spends at most MOST dollars; without credentials
// it does nothing. Run it by hand: node tests/live/google.ts
// Vertex: GOOGLE_CLOUD_PROJECT, with application default credentials, perhaps GOOGLE_CLOUD_BUCKET. Developer API: GEMINI_API_KEY.
import { setTimeout as wait } from 'node:timers/promises';
import { catalogueCosts, formatUsd, usd } from 'vidpipe';
import type { CallOptions, ImageInput, ModelEntry, PriceRequest, Provider } from 'vidpipe/provider';
import { google, type GoogleOptions, googleModels } from 'vidpipe/providers/google';

const MOST = usd(1);
const { GOOGLE_CLOUD_PROJECT: project, GOOGLE_CLOUD_BUCKET: bucket, GEMINI_API_KEY, GOOGLE_API_KEY } = process.env;
const apiKey = GEMINI_API_KEY ?? GOOGLE_API_KEY;

let spent = 0;
const say = (what: string, found: unknown): void => console.log(`${what}: ${JSON.stringify(found)}`);
const call = (ms: number): CallOptions => ({ callId: `live.${Date.now()}`, signal: AbortSignal.timeout(ms), fetch });

/** Makes a request whose worst price fits in what is left. */
async function paid<T>(
  provider: Provider,
  id: string,
  units: Omit<PriceRequest, 'model' | 'at'>,
  send: () => Promise<T>,
): Promise<T> {
  const costs = catalogueCosts([provider]);
  const request = { ...units, model: `google:${id}` as const, at: new Date().toISOString() };
  const worst = costs.quote(request)?.worst ?? MOST + 1;
  if (spent + worst > MOST) throw new Error(`${id} could pass ${formatUsd(MOST)}; nothing was sent`);
  spent += worst;
  return send();
}

const first = ({ catalogue }: Provider, kind: ModelEntry['kind']): ModelEntry =>
  catalogue.find((entry) => entry.kind === kind && entry.stage !== 'retired')!;

async function text(provider: Provider): Promise<void> {
  const { id } = first(provider, 'text');
  const model = provider.model(id);
  if (model.kind !== 'text') return;
  const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
  const request = {
    system: 'Answer in JSON.',
    prompt: 'A title for a film of a heron.',
    schema,
    temperature: 1,
    seed: 7,
  };
  const reply = await paid(provider, id, { inputTokens: 500, maxOutputTokens: 4_000 }, () =>
    model.generate(request, call(120_000)),
  );
  say(`${id} writes`, { state: reply.state, usage: reply.usage });
}

async function still(provider: Provider, prompt: string, images: readonly ImageInput[]): Promise<ImageInput | null> {
  const { id } = first(provider, 'image');
  const model = provider.model(id);
  if (model.kind !== 'image') return null;
  const request = { prompt, ratio: '16:9', width: 1280, height: 720, size: '1K', seed: 7, images };
  const units = { images: 1, resolution: '1K', inputTokens: 3_000, maxOutputTokens: 8_192 };
  const reply = await paid(provider, id, units, () => model.generate(request, call(180_000)));
  say(`${id} draws`, { state: reply.state, usage: reply.usage });
  const drawn = reply.state === 'succeeded' ? reply.outputs[0] : undefined;
  if (drawn === undefined || !('bytes' in drawn)) return null;
  const mediaType = drawn.bytes[0] === 0x89 ? 'image/png' : 'image/jpeg';
  return { bytes: drawn.bytes, mediaType, digest: 'sha256-live', role: 'condition' };
}

/** The cheapest model that films, with a first and a last frame: no page says for sure that it takes the last. */
async function clip(provider: Provider, start: ImageInput, end: ImageInput): Promise<void> {
  const perSecond = ({ rates }: ModelEntry): number =>
    Math.max(...rates.filter(({ when }) => when?.resolution === '720p').map(({ price }) => price));
  const [entry] = provider.catalogue.filter(({ kind }) => kind === 'video').sort((a, b) => perSecond(a) - perSecond(b));
  const model = entry === undefined ? undefined : provider.model(entry.id);
  if (entry?.kind !== 'video' || model?.kind !== 'video') return say('clips', 'no video model is offered');
  const [seconds = 4] = entry.can.durations;
  const size = { ratio: '16:9', width: 1280, height: 720, resolution: '720p' };
  const startFrame = { ...start, role: 'start-frame' as const };
  const endFrame = { ...end, role: 'end-frame' as const };
  const request = {
    prompt: 'The heron spreads its wings.',
    seconds,
    ...size,
    audio: true,
    takes: 1,
    startFrame,
    endFrame,
  };
  const options = call(120_000);
  const at = new Date().toISOString();
  const units = { seconds, audio: true, resolution: '720p' };
  const found = await paid(provider, entry.id, units, () => model.start(request, options));
  if ('finished' in found) return say(`${entry.id} with first and last frame`, found.finished);
  if (model.lookUp !== undefined)
    say(
      `${entry.id} look-up`,
      await model.lookUp({ callId: options.callId, at }, call(60_000)).then((it) => it !== undefined, String),
    );
  for (let look = 0; look < 60; look += 1) {
    await wait(10_000);
    const status = await model.check(found.handle, call(60_000));
    if (status.state === 'running') continue;
    return say(`${entry.id} with first and last frame`, {
      ...status,
      outputs: 'outputs' in status ? status.outputs.length : 0,
    });
  }
  say(`${entry.id} with first and last frame`, 'still running after ten minutes');
}

/** Free: whether v1 knows the models by now. */
async function versions(key: string): Promise<void> {
  for (const [id, { kind, surfaces }] of Object.entries(googleModels)) {
    if (kind === 'video' || surfaces.developer === undefined) continue;
    const asked = ['v1', 'v1beta'].map(async (version) => {
      const url = `https://generativelanguage.googleapis.com/${version}/models/${id}`;
      return (await fetch(url, { headers: { 'x-goog-api-key': key } })).status;
    });
    say(`${id} at v1 and v1beta`, await Promise.all(asked));
  }
}

async function surface(options: GoogleOptions): Promise<void> {
  const models = { [first(google(options), 'text').id]: { can: { maxOutputTokens: 4_000 } } };
  const provider = google({ ...options, models });
  await text(provider);
  const start = await still(provider, 'A heron at dawn.', []);
  const end = start === null ? null : await still(provider, 'The same heron, its wings spread.', [start]);
  if (start !== null && end !== null) await clip(provider, start, end);
}

async function main(): Promise<void> {
  if (project === undefined && apiKey === undefined) {
    console.log('skipped: set GOOGLE_CLOUD_PROJECT (Vertex) or GEMINI_API_KEY (Developer API) to ask the real Google');
    return;
  }
  if (apiKey !== undefined) await versions(apiKey);
  if (project !== undefined) await surface({ vertex: { project, ...(bucket === undefined ? {} : { bucket }) } });
  else if (apiKey !== undefined) await surface({ apiKey });
  say('spent at most', formatUsd(usd(spent / 1_000_000)));
}

await main();
