import type { ProjectSummary, ProjectView } from 'vidpipe';
import type { ClientChanges } from 'vidpipe/client';
import { api } from './api.ts';

/** Labels that a fork of the studio has: lists know no parents, but labels. */
const ROOT = 'studio-root';
const PARENT = 'studio-parent';

/** Changes of a fork, which is to be found as one of this project's family. */
export function forkChanges({ id, settings: { labels } }: ProjectView, changes: ClientChanges): ClientChanges {
  const known = { ...labels, ...changes.settings?.labels };
  return {
    ...changes,
    settings: { ...changes.settings, labels: { ...known, [ROOT]: labels[ROOT] ?? id, [PARENT]: id } },
  };
}

/** A film of a family. */
export interface Member {
  readonly id: string;
  readonly prompt: string;
  readonly status: string;
  readonly depth: number;
}

interface Known {
  readonly id: string;
  readonly prompt: string;
  readonly status: string;
  readonly parent: string | null;
}

const knownOf = ({ projectId, prompt, status, labels }: ProjectSummary): Known => ({
  id: projectId,
  prompt,
  status,
  parent: labels[PARENT] ?? null,
});

/** The films that a project goes back to, the nearest first; those that are deleted end the line. */
async function ancestorsOf(project: ProjectView): Promise<Known[]> {
  const found: Known[] = [];
  for (let { parent } = project; parent !== null;) {
    const before: ProjectView | null = await api.get(parent.projectId).catch(() => null);
    if (before === null) break;
    found.push({
      id: before.id,
      prompt: before.settings.prompt,
      status: before.status,
      parent: before.parent?.projectId ?? null,
    });
    ({ parent } = before);
  }
  return found;
}

/** All films that come from one, each after the one that it was forked from. */
export async function familyOf(project: ProjectView): Promise<readonly Member[]> {
  const { id, status, settings, parent } = project;
  const [ancestors, { items }] = await Promise.all([
    ancestorsOf(project),
    api.list({ limit: 200, labels: { [ROOT]: settings.labels[ROOT] ?? id } }),
  ]);
  const self: Known = { id, prompt: settings.prompt, status, parent: parent?.projectId ?? null };
  const all = new Map([...items.toReversed().map(knownOf), ...ancestors, self].map((each) => [each.id, each]));
  const under = (parentId: string | null, depth: number): Member[] =>
    [...all.values()]
      .filter((each) => (each.parent !== null && all.has(each.parent) ? each.parent : null) === parentId)
      .flatMap(({ parent: _parent, ...each }) => [{ ...each, depth }, ...under(each.id, depth + 1)]);
  return under(null, 0);
}
