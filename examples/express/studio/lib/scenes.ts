import type { Asset, ProjectScene, ProjectStep, ProjectView } from 'vidpipe';

/** Whether bytes are out of use, so that the server shows them to nobody. */
export function isBlocked({ blocked }: ProjectView, { digest }: Asset): boolean {
  return blocked.some((each) => each.digest === digest);
}

/** The steps of a scene in the order of the work. */
export function stepsOf({ steps }: ProjectView, { id }: ProjectScene): readonly ProjectStep[] {
  return steps.filter(({ sceneId }) => sceneId === id);
}

/** What a step makes, as people call it. */
export function partOf({ id, kind }: ProjectStep): string {
  if (kind === 'clip') return 'Clip';
  if (kind === 'rewrite') return 'New words';
  return id.endsWith(':start') ? 'First frame' : 'Last frame';
}

/** What each status of a step is called. */
export const STEP_NAMES: Readonly<Record<ProjectStep['status'], string>> = {
  pending: 'to come',
  ready: 'next',
  running: 'at work',
  completed: 'done',
  failed: 'failed',
  refused: 'refused',
};
