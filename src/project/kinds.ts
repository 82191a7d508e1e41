/** Kinds of steps. `border` is a free still taken from a clip; `rewrite` writes a prompt anew that a content filter refused. */
export type StepKind = 'storyboard' | 'scenes' | 'rewrite' | 'keyframe' | 'border' | 'clip' | 'film';

/** Where a run can wait for approval, in the order of the work. */
export const GATES = ['plan', 'storyboard', 'keyframes', 'clips'] as const;

/** A gate by its name. */
export type GateName = (typeof GATES)[number];
