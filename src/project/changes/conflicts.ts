import { type Part, stepIdOf } from '../held.ts';
import type { ParsedChanges } from './parse.ts';
import type { Parts } from './types.ts';

const VERBS = ['retake', 'select', 'supply', 'keep'] as const;

/** The part that the id of a take begins with; ids of no take are looked up later. */
function partOfTake(id: string): Part[] {
  return (['start', 'end', 'clip'] as const).filter((part) => id.startsWith(`${part}-`));
}

function partsOf(asked: ParsedChanges, verb: (typeof VERBS)[number]): Parts {
  const entries = <T>(of: Readonly<Record<string, T>> | undefined, parts: (value: T) => readonly Part[]): Parts =>
    Object.fromEntries(Object.entries(of ?? {}).map(([id, value]) => [id, parts(value)]));
  if (verb === 'select') return entries(asked.select, (ids) => [ids].flat().flatMap(partOfTake));
  if (verb === 'supply') return entries(asked.supply, (media) => Object.keys(media) as Part[]);
  return asked[verb] ?? {};
}

/** The steps whose artifacts the changes name, each with the words that name it. */
export function namedSteps(asked: ParsedChanges): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, string[]>();
  for (const verb of VERBS)
    for (const [sceneId, parts] of Object.entries(partsOf(asked, verb)))
      for (const part of parts) {
        const id = stepIdOf(sceneId, part);
        named.set(id, [...(named.get(id) ?? []), verb]);
      }
  return named;
}

/** Scenes of each kind of change, by its name. */
function scenesIn(asked: ParsedChanges): ReadonlyMap<string, readonly string[]> {
  const keyed = (['edit', 'move', ...VERBS] as const).map((name) => [name, Object.keys(asked[name] ?? {})] as const);
  return new Map([...keyed, ['rewrite', Array.isArray(asked.rewrite) ? (asked.rewrite as string[]) : []]]);
}

/** What contradicts itself, whatever the project is. */
export function conflictsIn(asked: ParsedChanges): string[] {
  const issues: string[] = [];
  for (const [stepId, verbs] of namedSteps(asked))
    if (verbs.length > 1) issues.push(`${stepId}: ${verbs.join(' and ')} exclude one another`);
  const removed = new Set(asked.remove);
  for (const [name, ids] of scenesIn(asked))
    for (const id of ids) if (removed.has(id)) issues.push(`${name}.${id}: the same changes remove the scene`);
  const rewritten = (id: string): boolean => asked.rewrite === 'all' || asked.rewrite?.includes(id) === true;
  for (const [name, ids] of scenesIn(asked))
    for (const id of ids)
      if (name !== 'move' && name !== 'rewrite' && rewritten(id))
        issues.push(`${name}.${id}: the same changes have the scene written anew`);
  for (const [id, { clip }] of Object.entries(asked.supply ?? {}))
    if (clip !== undefined && asked.edit?.[id]?.seconds !== undefined)
      issues.push(`edit.${id}.seconds: the supplied clip sets the length of the scene`);
  return issues;
}
