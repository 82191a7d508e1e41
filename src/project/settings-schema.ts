import { z } from 'zod';
import { InvalidSettingsError } from '../errors/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { GATES } from './kinds.ts';
import { once } from './once.ts';
import type { ProjectSettings } from './settings.ts';
import { storyboardSchema } from './storyboard.ts';
import { wellFormed } from './text-schema.ts';

const modelId = () => z.string().regex(/^[^:\s]+:\S+$/, 'expected provider:model, for example simulated:film-1');
const modelChoice = () => z.union([modelId(), z.array(modelId()).min(1).max(10)]);
const onUnknown = () => z.enum(['ask', 'resubmit', 'fail']);
const words = (most: number) => wellFormed().max(most);
const name = (most: number) => wellFormed().trim().min(1).max(most);

/** Schema of a reference. @internal */
export const referenceSchema = () =>
  z.strictObject({
    name: name(100),
    kind: z.enum(['character', 'place', 'object', 'style']),
    image: z.union([z.string().min(1), z.instanceof(Uint8Array)]),
    description: words(2000).optional(),
  });

/** Schema of a transition. @internal */
export const transitionSchema = () =>
  z
    .strictObject({ kind: z.enum(['cut', 'fade']), seconds: z.number().min(0).max(5) })
    .refine(({ kind, seconds }) => kind === 'cut' || seconds > 0, 'expected a fade of more than 0 seconds');

/** Schema of how many candidates a clip has. @internal */
export const takesSchema = () => z.int().min(1).max(4);

/** An object without a key that records lose without a word. */
export const owned = () =>
  z.custom<object>(
    (value) => typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__'),
    'nothing can be named __proto__',
  );

/** Schema of labels. @internal */
export const labelsSchema = () =>
  owned().pipe(
    z
      .record(words(100).min(1), words(500))
      .refine((labels) => Object.keys(labels).length <= 20, 'expected at most 20 labels'),
  );

function hasFingerprint(value: object): boolean {
  try {
    return fingerprintOf(value) !== '';
  } catch {
    return false;
  }
}

/** Schema of options of providers. @internal */
export const optionsSchema = () =>
  owned().pipe(
    z
      .record(words(64), z.record(z.string(), z.json()))
      .refine(hasFingerprint, 'expected whole characters, got half of a pair (a lone surrogate)'),
  );

/** Schema of a remedy. @internal */
export const remedySchema = () =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('seed') }),
    z.strictObject({ kind: z.literal('prefix'), text: name(2000) }),
    z.strictObject({
      kind: z.literal('frame'),
      which: z.enum(['start', 'end']),
      prompt: name(2000),
      text: name(2000).optional(),
    }),
    z.strictObject({ kind: z.literal('rewrite') }),
    z.strictObject({ kind: z.literal('model') }),
    z.strictObject({ kind: z.literal('custom'), name: name(100) }),
  ]);

const safetySchema = () =>
  z.strictObject({
    remedies: z.array(remedySchema()).max(20).optional(),
    onRefused: z.enum(['fail', 'skip']).optional(),
  });

const limits = () => ({
  budget: z.int().min(0).max(1e15).optional(),
  maxScenes: z.int().min(1).max(1000).optional(),
  maxCalls: z.int().min(1).max(100_000).optional(),
  account: words(200).min(1).optional(),
});

/** Every field with its bounds. @internal */
export const settingsSchema = once(() =>
  z.strictObject({
    prompt: wellFormed().trim().min(1, 'expected a prompt of at least one character').max(20_000),
    style: name(200).optional(),
    ratio: z.enum(['16:9', '9:16']).optional(),
    resolution: z.enum(['720p', '1080p', '4k']).optional(),
    duration: z.number().min(1).max(3600).optional(),
    clipDuration: z.number().positive().max(60).optional(),
    models: z
      .strictObject({
        text: modelChoice().optional(),
        image: modelChoice().optional(),
        video: modelChoice().optional(),
      })
      .optional(),
    audio: z.boolean().optional(),
    seed: z.int().min(0).max(0xffffffff).optional(),
    negativePrompt: words(2000).optional(),
    references: z.array(referenceSchema()).max(10).optional(),
    transition: transitionSchema().optional(),
    takes: takesSchema().optional(),
    storyboard: storyboardSchema()
      .refine(({ scenes }) => scenes.length > 0, 'expected at least one scene')
      .optional(),
    ...limits(),
    options: optionsSchema().optional(),
    labels: labelsSchema().optional(),
    gates: z.array(z.enum(GATES)).max(GATES.length).optional(),
    onUnknown: z
      .strictObject({ text: onUnknown().optional(), image: onUnknown().optional(), video: onUnknown().optional() })
      .optional(),
    safety: safetySchema().optional(),
  }),
);

function issueText(issue: z.core.$ZodIssue, input: unknown, root: string): string {
  const path = issue.path.map(String).join('.') || root;
  let value: unknown = input;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const shown = typeof value === 'number' ? `, got ${value}` : '';
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return `${path}: ${message}${shown}`;
}

/** What is wrong with an input, each fault by its path. */
export function issuesOf({ issues }: z.ZodError, input: unknown, root: string): string[] {
  return issues.map((issue) => issueText(issue, input, root));
}

/** Checks a user's settings. Throws `InvalidSettingsError` that lists every fault. */
export function parseSettings(input: unknown): ProjectSettings {
  const result = settingsSchema().safeParse(input);
  if (!result.success) throw new InvalidSettingsError({ issues: issuesOf(result.error, input, 'settings') });
  return result.data as object as ProjectSettings;
}
