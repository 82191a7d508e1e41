import { InvalidSettingsError, UnknownModelError } from '../errors/index.ts';
import type { ModelEntry, ModelId } from '../spec/index.ts';
import { itemAt } from './item-at.ts';
import type { ModelChoice, Warning } from './settings.ts';

/** The models that a pipeline's providers offer, by full id, in the order of the providers. */
export type Catalogue = ReadonlyMap<ModelId, ModelEntry>;

type Kind = ModelEntry['kind'];

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = itemAt(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(itemAt(row, j) + 1, itemAt(next, j - 1) + 1, replaced));
    }
    row = next;
  }
  return itemAt(row, -1);
}

/** The listed model id most like a misspelt one. */
export function nearestModel(catalogue: Catalogue, id: string): ModelId | null {
  const shortened = id.slice(0, 100);
  const near = [...catalogue.keys()]
    .map((known) => ({ known, far: distance(known, shortened) }))
    .sort((a, b) => a.far - b.far);
  return near[0]?.known ?? null;
}

/** Whether a model is refused from now on. `at` is ISO 8601. */
export function isRetired({ stage, retires }: ModelEntry, at: string): boolean {
  return stage === 'retired' || (retires !== undefined && Date.parse(retires) <= Date.parse(at));
}

/** What a retired model is told by. */
export function retiredText(id: ModelId, { retires, replacement }: ModelEntry): string {
  const when = retires === undefined ? '' : ` (${retires.slice(0, 10)})`;
  return `${id} is retired${when}${replacement === undefined ? '' : `; use ${replacement}`}`;
}

const NOTICE_MS = 90 * 24 * 3_600_000;

/** Warnings of chosen models that will be refused within 90 days. */
export function retirementWarnings(catalogue: Catalogue, ids: readonly ModelId[], at: string): Warning[] {
  return ids.flatMap((id) => {
    const { retires, replacement } = catalogue.get(id) ?? {};
    if (retires === undefined || Date.parse(retires) - Date.parse(at) > NOTICE_MS) return [];
    const instead = replacement === undefined ? '' : `; its replacement is ${replacement}`;
    return [{ code: 'retiring', message: `${id} is retired on ${retires.slice(0, 10)}${instead}` }];
  });
}

/** The entry of a model of a kind. Throws `UnknownModelError`, `InvalidSettingsError`. */
export function listed(catalogue: Catalogue, kind: Kind, id: ModelId): ModelEntry {
  const entry = catalogue.get(id);
  if (entry === undefined) throw new UnknownModelError({ model: id, nearest: nearestModel(catalogue, id) });
  if (entry.kind !== kind)
    throw new InvalidSettingsError({ issues: [`models.${kind}: ${id} is a model for ${entry.kind}`] });
  return entry;
}

/** The models of a kind that can be used, in the order of the wish; without one the first of the catalogue. Throws `InvalidSettingsError`, `UnknownModelError`. */
export function chooseModels(
  catalogue: Catalogue,
  kind: Kind,
  choice: ModelChoice | undefined,
  at: string,
): readonly ModelId[] {
  const wanted = choice === undefined ? [] : typeof choice === 'string' ? [choice] : [...new Set(choice)];
  const usable = wanted.filter((id) => !isRetired(listed(catalogue, kind, id), at));
  if (usable.length > 0) return usable;
  if (wanted.length > 0)
    throw new InvalidSettingsError({
      issues: wanted.map((id) => `models.${kind}: ${retiredText(id, listed(catalogue, kind, id))}`),
    });
  const first = [...catalogue].find(([, entry]) => entry.kind === kind && !isRetired(entry, at));
  if (first === undefined)
    throw new InvalidSettingsError({
      issues: [`models.${kind}: no provider lists a ${kind} model; give one to the Pipeline`],
    });
  return [first[0]];
}
