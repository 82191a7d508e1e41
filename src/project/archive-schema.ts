import { z } from 'zod';
import { appliedSchema, barsSchema } from './archive-safety-schema.ts';
import { digest, fingerprint, id, json, modelId, money, name, size, whole } from './archive-values.ts';
import { GATES } from './kinds.ts';
import { once } from './once.ts';
import { RECIPES } from './recipes.ts';
import { labelsSchema, optionsSchema, remedySchema, takesSchema, transitionSchema } from './settings-schema.ts';
import { characterSchema, sceneSchema, styleGuideSchema } from './storyboard.ts';
import { wellFormed } from './text-schema.ts';

const asset = () =>
  z.strictObject({
    digest: digest(),
    mediaType: name(100),
    size: z.int().min(1).max(1e12),
    width: size().optional(),
    height: size().optional(),
    seconds: z.number().min(0).max(1e6).optional(),
    fps: z.number().min(0).max(1e4).optional(),
    hasAudio: z.boolean().optional(),
  });

const settings = () =>
  z.strictObject({
    prompt: wellFormed().min(1).max(20_000),
    style: name(),
    ratio: z.enum(['16:9', '9:16']),
    resolution: z.enum(['720p', '1080p', '4k']),
    duration: z.number().min(0).max(1e5),
    clipDuration: z.number().positive().max(60),
    models: z.strictObject({ text: models(), image: models(), video: models() }),
    audio: z.boolean(),
    seed: whole(0xffffffff),
    negativePrompt: name(2000).nullable(),
    references: z
      .array(
        z.strictObject({
          name: name(100),
          kind: z.enum(['character', 'place', 'object', 'style']),
          description: name(2000).nullable(),
          image: digest(),
          mediaType: name(100),
        }),
      )
      .max(10),
    transition: transitionSchema(),
    takes: takesSchema(),
    budget: money().nullable(),
    maxScenes: z.int().min(1).max(1000),
    maxCalls: z.int().min(1).max(100_000).nullable(),
    account: name(200).nullable(),
    options: optionsSchema(),
    labels: labelsSchema(),
    gates: z.array(z.enum(GATES)).max(GATES.length),
    onUnknown: z.strictObject({ text: onUnknown(), image: onUnknown(), video: onUnknown() }),
    safety: z.strictObject({ remedies: z.array(remedySchema()).max(20), onRefused: z.enum(['fail', 'skip']) }),
  });

const models = () => z.array(modelId()).min(1).max(10);
const onUnknown = () => z.enum(['ask', 'resubmit', 'fail']);

const film = () =>
  z.strictObject({
    width: z.int().min(2).max(8192),
    height: z.int().min(2).max(8192),
    fps: z.number().min(1).max(240),
    seams: z.enum(['frames', 'from-clip']),
    conditionedBy: modelId().nullable(),
    standIns: z.strictObject({ image: z.array(modelId()).max(10), video: z.array(modelId()).max(10) }),
    standInDurations: z.record(z.string(), z.array(z.number().positive().max(60))),
    clipReferences: z.boolean(),
    durations: z.array(z.number().positive().max(3600)).min(1).max(100),
  });

const lengths = () => z.array(z.number().positive().max(3600)).max(1000);

const scene = () =>
  sceneSchema()
    .extend({ id: id(), seconds: z.number().positive().max(3600) })
    .strict();

const created = () =>
  z.strictObject({
    settings: settings(),
    film: film(),
    lengths: lengths(),
    supplied: z
      .strictObject({
        styleGuide: styleGuideSchema().strict(),
        characters: z.array(characterSchema().strict()).max(50),
        scenes: z
          .array(scene())
          .max(1000)
          .refine((all) => new Set(all.map((each) => each.id)).size === all.length, 'expected ids that differ'),
      })
      .nullable(),
    recipes: z.int().min(1).max(RECIPES),
    wish: z.null(),
    warnings: z.array(z.strictObject({ code: name(100), message: name(2000) })).max(1000),
    parent: z.strictObject({ projectId: id(), seq: whole() }),
  });

const origin = () =>
  z.strictObject({
    projectId: id(),
    callId: id().nullable(),
    model: modelId().nullable(),
    request: json().nullable(),
    charged: money().nullable(),
  });

const refused = () =>
  z.strictObject({ run: id(), code: name(100), message: name(20_000), codes: z.array(name()).max(1000) });

const artifact = () =>
  z.strictObject({
    ordinal: whole(),
    asset: asset(),
    original: asset().optional(),
    score: z.number().nullable().optional(),
    origin: origin(),
  });
const take = () => artifact().extend({ fingerprint: fingerprint() });

const hold = () =>
  z.strictObject({
    key: name(),
    stepId: id(),
    how: z.enum(['kept', 'supplied']),
    take: take(),
    clip: z
      .strictObject({ start: digest().nullable(), end: digest().nullable(), seconds: z.number().positive().max(3600) })
      .nullable(),
    first: z.boolean(),
  });

const step = () =>
  z.strictObject({
    stepId: id(),
    fingerprint: fingerprint(),
    artifacts: z.array(artifact()),
    selected: take().nullable(),
    extraTakes: whole(1000),
    without: z.array(whole(1000)).max(1000).optional(),
    refused: refused().nullable(),
    awaited: z.array(z.never()),
  });

const inherited = () =>
  z.strictObject({
    steps: z.array(step()),
    remedies: z.array(
      z.strictObject({
        key: name(),
        applied: z.array(z.strictObject({ body: appliedSchema(), words: name(8000).nullable(), ended: z.boolean() })),
      }),
    ),
    held: z.array(hold()),
    moves: z.array(z.strictObject({ key: name(), model: modelId() })).optional(),
    bars: barsSchema().optional(),
  });

const requested = () =>
  z.strictObject({
    requestId: id(),
    lengths: lengths(),
    before: id().nullable(),
    direction: name(2000).nullable(),
    rewrites: z.array(id()).max(1000).optional(),
  });

const draft = <T extends string, B extends z.ZodType>(type: T, body: B) =>
  z.strictObject({ type: z.literal(type), body });

/** Schema of the first batch of a project that comes from outside. @internal */
export const firstBatchSchema = once(() =>
  z.array(
    z.discriminatedUnion('type', [
      draft('project.created', created()),
      draft('work.inherited', inherited()),
      draft('scenes.requested', requested()),
    ]),
  ),
);

/** Schema of one line of `events.jsonl`; bodies are read by the fold, and what is taken from them is checked as a first batch. @internal */
export const lineSchema = once(() =>
  z.strictObject({
    seq: z.int().min(1),
    at: z.iso.datetime(),
    projectId: id(),
    type: id(),
    format: z.int().min(1),
    body: z.record(z.string(), z.unknown()),
  }),
);

const provenance = () =>
  origin().extend({
    source: z.enum(['generated', 'inherited', 'supplied']),
    seed: z.number().nullable(),
    handle: json().nullable(),
  });

/** Schema of what every format of `manifest.json` says. @internal */
export const formatSchema = once(() => z.object({ archive: z.literal('vidpipe'), format: z.int().min(1) }));

/** Schema of `manifest.json`. @internal */
export const manifestSchema = once(() =>
  z.strictObject({
    archive: z.literal('vidpipe'),
    format: z.literal(1),
    projectId: id(),
    seq: z.int().min(1),
    prompt: z.string(),
    exportedAt: z.iso.datetime(),
    events: z.strictObject({ digest: digest(), size: z.int().min(1) }),
    assets: z.array(z.strictObject({ digest: digest(), size: z.int().min(1), mediaType: name(100) })),
    missing: z.array(digest()),
    artifacts: z.array(
      z.strictObject({
        stepId: id(),
        sceneId: id().nullable(),
        fingerprint: fingerprint(),
        ordinal: whole(),
        digest: digest(),
        original: digest().nullable(),
        provenance: provenance(),
      }),
    ),
  }),
);
