import type { Changes, MicroUsd, Part, Project } from 'vidpipe';
import { paper } from './paper.ts';

/** What supplied bytes hold: where a store has failed, nothing may name them. */
export const SUPPLIED = 'supplied by revision';

/** About what a scene costs. */
const RAISE_MICRO_USD = 250_000;

/** What somebody changes in mid-run. */
export type Revision = 'edit' | 'retake' | 'remove' | 'swap' | 'supply' | 'restyle' | 'raise';

/** Revisions by their names: what each makes of a project as it stands; `null` where it can not be made there. */
export const REVISIONS: Readonly<Record<Revision, (project: Project, nth: number) => Changes | null>> = {
  edit: ({ scenes }, nth) => {
    const scene = scenes[nth % Math.max(1, scenes.length)];
    return scene ? { edit: { [scene.id]: { motionPrompt: `revised ${nth}`, endPrompt: `revised ${nth}` } } } : null;
  },
  retake: ({ scenes, steps }, nth) => {
    const drawn = steps.filter(({ kind, asset, held }) => (kind === 'keyframe' || kind === 'clip') && asset && !held);
    const step = drawn[nth % Math.max(1, drawn.length)];
    const scene = scenes.find(({ id }) => id === step?.sceneId);
    if (step === undefined || scene === undefined) return null;
    const part = (step.kind === 'clip' ? 'clip' : step.id.split(':')[2]) as Part;
    return { retake: { [scene.id]: [part] }, continuity: nth % 2 === 0 ? 'repair' : 'redraw' };
  },
  remove: ({ scenes }, nth) => {
    const scene = scenes[nth % Math.max(1, scenes.length)];
    return scene && scenes.length > 1 ? { remove: [scene.id], continuity: nth % 2 === 0 ? 'repair' : 'leave' } : null;
  },
  swap: ({ scenes: [first, second] }) => (first && second ? { move: { [second.id]: { before: first.id } } } : null),
  supply: ({ scenes, settings }, nth) => {
    const scene = scenes[nth % Math.max(1, scenes.length)];
    const [width, height] = settings.ratio === '16:9' ? [1280, 720] : [720, 1280];
    const clip = paper({ kind: 'video', width, height, seconds: 3, note: `${SUPPLIED} ${nth}` });
    return scene ? { supply: { [scene.id]: { clip } } } : null;
  },
  raise: ({ settings: { budget } }) =>
    budget === null ? null : { settings: { budget: (budget + RAISE_MICRO_USD) as MicroUsd } },
  restyle: (_, nth) => ({ settings: { style: `style ${nth % 2}`, apply: nth % 3 === 0 ? 'missing' : 'all' } }),
};
