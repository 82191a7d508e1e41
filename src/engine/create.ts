import { createHash, randomInt } from 'node:crypto';
import { InvalidSettingsError, ProjectDeletedError } from '../errors/index.ts';
import type { EventBodies } from '../project/events.ts';
import { fingerprintOf } from '../project/fingerprint.ts';
import { upcast } from '../project/formats.ts';
import { type Negotiated, negotiate } from '../project/negotiate.ts';
import { newScenes } from '../project/new-scenes.ts';
import { RECIPES } from '../project/recipes.ts';
import type { ProjectState } from '../project/state.ts';
import { parseSettings } from '../project/settings-schema.ts';
import type { ProjectSettings, StoredReference } from '../project/settings.ts';
import { plainStoryboard } from '../project/storyboard.ts';
import { assertRemedies } from '../stages/custom-remedies.ts';
import type { EngineContext } from './context.ts';
import { appendFirst, foldFirst } from './first-batch.ts';
import { imaginedReferences, storeReferences } from './references.ts';

function suppliedOf(
  context: EngineContext,
  wish: ProjectSettings,
  lengths: readonly number[],
): EventBodies['project.created']['supplied'] {
  if (wish.storyboard === undefined) return null;
  const { styleGuide, characters, scenes } = plainStoryboard(wish.storyboard);
  return { styleGuide, characters, scenes: newScenes(context, scenes, lengths) };
}

/** Checks settings against the models; nothing is stored or sent. */
function checkSettings(
  context: EngineContext,
  input: unknown,
): { readonly wish: ProjectSettings; readonly negotiated: Negotiated } {
  const wish = parseSettings(input);
  const issues = Object.entries(wish.options ?? {}).flatMap(([provider, options]) =>
    context.optionIssues(provider, options).map((issue) => `options.${provider}: ${issue}`),
  );
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  for (const id of Object.values(wish.models ?? {}).flat()) context.model(id);
  assertRemedies(wish.safety?.remedies ?? [], context.remedies);
  const seed = randomInt(0x1_0000_0000);
  const at = new Date(context.clock.now()).toISOString();
  return { wish, negotiated: negotiate(wish, context.catalogue, { seed, references: [], at }) };
}

/** Options of `Pipeline.create`. */
export interface CreateOptions {
  /** The same key and settings create one project, however often; 1 to 500 characters. @default every call creates one */
  readonly idempotencyKey?: string;
}

/** What was asked for, in a form that can be compared. */
function wishHash(wish: ProjectSettings): string {
  const references = (wish.references ?? []).map((reference) => ({
    ...reference,
    image:
      typeof reference.image === 'string'
        ? reference.image
        : createHash('sha256').update(reference.image).digest('hex'),
  }));
  return fingerprintOf(JSON.parse(JSON.stringify({ ...wish, references })) as object);
}

function keyFault(issue: string): InvalidSettingsError {
  return new InvalidSettingsError({ issues: [`idempotencyKey: ${issue}`] });
}

/** The id of the project that a key names. */
function idFor(context: EngineContext, key: string | undefined): string {
  if (key === undefined) return context.newId();
  if (key.length < 1 || key.length > 500) throw keyFault(`expected 1 to 500 characters, got ${key.length}`);
  if (!key.isWellFormed()) throw keyFault('expected whole characters, got half of a pair (a lone surrogate)');
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/** Whether the key has made its project already. Throws when it was used for other settings. */
async function isMade(context: EngineContext, id: string, wish: string): Promise<boolean> {
  for await (const stored of context.events.read(id)) {
    const first = upcast(stored);
    if (first.type === 'project.created' && first.body.wish === wish) return true;
    throw keyFault('it was used for other settings; take a new key, or the same settings');
  }
  return false;
}

/** A project that is not recorded, for a plan of it: nothing is stored, references are not read. Throws as `createProject`. */
export function unrecorded(context: EngineContext, input: unknown): ProjectState {
  const { wish, negotiated } = checkSettings(context, input);
  const references = imaginedReferences(wish.references ?? []);
  const body = createdBody(context, wish, negotiated, references, null);
  return foldFirst(context, 'unrecorded', [{ type: 'project.created', body }]);
}

function createdBody(
  context: EngineContext,
  wish: ProjectSettings,
  { settings, film, lengths, warnings }: Negotiated,
  references: readonly StoredReference[],
  hash: string | null,
): EventBodies['project.created'] {
  const supplied = suppliedOf(context, wish, lengths);
  return { settings: { ...settings, references }, film, lengths, supplied, recipes: RECIPES, wish: hash, warnings };
}

/** Stores references and appends `project.created`; answers the new project's id. */
export async function createProject(
  context: EngineContext,
  input: unknown,
  { idempotencyKey }: CreateOptions = {},
): Promise<string> {
  const { wish, negotiated } = checkSettings(context, input);
  const id = idFor(context, idempotencyKey);
  const hash = idempotencyKey === undefined ? null : wishHash(wish);
  if (hash !== null && (await isMade(context, id, hash))) return id;
  await context.media.preflight();
  const references = await storeReferences(context, wish.references ?? []);
  const body = createdBody(context, wish, negotiated, references, hash);
  await appendFirst(context, id, [{ type: 'project.created', body }]);
  if (hash !== null && !(await isMade(context, id, hash))) throw new ProjectDeletedError({ projectId: id });
  return id;
}
