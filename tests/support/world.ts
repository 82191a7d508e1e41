import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, Pipeline, type PipelineOptions, type ProjectSettings, type Storyboard, usd } from 'vidpipe';
import {
  defineProvider,
  type Defined,
  type ImageModel,
  type ModelEntry,
  perImage,
  perSecond,
  type Provider,
  type VideoModel,
} from 'vidpipe/provider';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { mockImageModel, mockTextModel, mockVideoModel, paper, paperMedia } from 'vidpipe/testing';

/** Times and limits of the models of a test world, milliseconds. */
export interface WorldOptions {
  readonly clock: Clock;
  readonly stillMs?: number;
  readonly clipMs?: number;
  /** How long a clip takes, by its prompt. @default clipMs */
  readonly clipMsOf?: (prompt: string) => number;
  readonly stillsAtOnce?: number;
  readonly clipsAtOnce?: number;
  readonly onStart?: () => void;
  readonly onEnd?: () => void;
}

/** The machine's clocks. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
  };
}

/** A storyboard of `count` scenes that form one chain, or several where `cutEvery` says so. */
export function storyboardOf(count: number, cutEvery = Infinity): Storyboard {
  return {
    styleGuide: { visualStyle: 'ink', colorPalette: 'blue', cameraStyle: 'still' },
    characters: [{ name: 'Ada', physicalDescription: 'tall', clothingDescription: 'coat' }],
    scenes: Array.from({ length: count }, (_, index) => ({
      description: `Scene ${index + 1}`,
      keyDetails: [`detail ${index + 1}`],
      startPrompt: `start ${index + 1}`,
      endPrompt: `end ${index + 1}`,
      motionPrompt: `motion ${index + 1}`,
      transitionNotes: '',
      cast: ['Ada'],
      enters: index % cutEvery === 0 ? ('cut' as const) : ('continue' as const),
    })),
  };
}

/** Settings of a film that needs no writer. */
export function settingsFor(count: number, more: Partial<ProjectSettings> = {}): ProjectSettings {
  return {
    prompt: 'p',
    storyboard: storyboardOf(count),
    clipDuration: 4,
    seed: 1,
    maxScenes: 1000,
    maxCalls: 100_000,
    ...more,
  };
}

/** A still that takes `stillMs`; 20,000 micro-dollars. */
export function still({
  clock,
  stillMs = 8_000,
  stillsAtOnce = 1000,
}: WorldOptions): ReturnType<typeof mockImageModel> {
  return mockImageModel({
    price: perImage(usd('0.02')),
    limits: { concurrency: stillsAtOnce },
    generate: async ({ width, height, prompt, seed }) => {
      if (stillMs > 0) await clock.sleep(stillMs);
      const bytes = paper({ kind: 'image', width, height, note: `${prompt} ${seed}` });
      return { state: 'succeeded', outputs: [{ bytes }], usage: { images: 1 } };
    },
  });
}

/** A clip that takes `clipMs` from its start; 50,000 micro-dollars a second. */
export function clip({
  clock,
  clipMs = 60_000,
  clipMsOf = () => clipMs,
  clipsAtOnce = 1000,
  onStart,
  onEnd,
}: WorldOptions): ReturnType<typeof mockVideoModel> {
  return mockVideoModel({
    price: perSecond(usd('0.05')),
    limits: { concurrency: clipsAtOnce },
    times: { typicalMs: clipMs },
    start: ({ prompt, seconds, width, height }, { callId }) => {
      onStart?.();
      return Promise.resolve({ handle: { callId, seconds, width, height, until: clock.now() + clipMsOf(prompt) } });
    },
    check: (handle) => {
      const { until, callId, seconds, width, height } = handle as Record<string, number>;
      if (clock.now() < Number(until)) return Promise.resolve({ state: 'running' });
      onEnd?.();
      const facts = { kind: 'video' as const, width: Number(width), height: Number(height), seconds: Number(seconds) };
      const bytes = paper({ ...facts, note: String(callId) });
      return Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: { seconds: Number(seconds) } });
    },
  });
}

/** The functions of a model that makes clips. */
export function videoOf({ model }: Defined): VideoModel {
  if (model.kind !== 'video') throw new Error(`it makes ${model.kind}`);
  return model;
}

/** The functions of a model that draws. */
export function imageOf({ model }: Defined): ImageModel {
  if (model.kind !== 'image') throw new Error(`it makes ${model.kind}`);
  return model;
}

/** A model with other times or limits. */
export function withEntry(defined: Defined, changes: Partial<Pick<ModelEntry, 'times' | 'limits'>>): Defined {
  return { ...defined, entry: (id) => ({ ...defined.entry(id), ...changes }) };
}

/** The models of a test world as a provider named `mock`; any of them replaced. */
export function providerOf(
  options: WorldOptions,
  models: { readonly text?: Defined; readonly image?: Defined; readonly video?: Defined } = {},
): Provider {
  const { text = mockTextModel(), image = still(options), video = clip(options) } = models;
  return defineProvider({ id: 'mock', text: { writer: text }, image: { still: image }, video: { clip: video } });
}

/** A pipeline in memory on the given clock, without ffmpeg. */
export function worldPipeline(clock: Clock, provider: Provider, more: Partial<PipelineOptions> = {}): Pipeline {
  return new Pipeline({
    providers: [provider],
    events: memoryEvents({ now: () => clock.now() }),
    assets: memoryAssets(),
    media: paperMedia(),
    clock,
    ...more,
  });
}
