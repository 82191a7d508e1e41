import type { Asset, Digest, MicroUsd } from '../spec/index.ts';
import type { Blocking } from './bars.ts';
import type { Waiting } from './events.ts';
import { filmArtifact, planSteps } from './graph.ts';
import type { Parent } from './inherited.ts';
import { progressOf } from './progress.ts';
import type { Settings, Warning } from './settings.ts';
import type { ProjectState } from './state.ts';
import type { Step } from './steps.ts';
import type { ProjectStatus, StepStatus } from './status.ts';
import type { Character, Scene, StyleGuide } from './storyboard.ts';
import { supersededMoney, type Take, takesOf } from './takes.ts';
import { STATUS } from './status.ts';

/** A scene with what has been made of it. */
export interface ProjectScene extends Scene {
  readonly start: Asset | null;
  readonly end: Asset | null;
  readonly clip: Asset | null;
  /** All that was ever made or supplied for it, for `select`. */
  readonly takes: readonly Take[];
  /** A content filter refused it, and it is left out of the film (`onRefused: 'skip'`). */
  readonly skipped: boolean;
}

/** One step of the plan as users see it. `microUsd` is what its calls have cost. */
export interface ProjectStep {
  readonly id: string;
  readonly kind: string;
  readonly sceneId: string | null;
  readonly status: StepStatus;
  readonly model: string | null;
  readonly asset: Asset | null;
  /** What you hold in place of what its recipe would make. */
  readonly held: 'kept' | 'supplied' | null;
}

/** Money of a project: charged, held for calls under way, unknown (nobody can say yet). */
export interface ProjectMoney {
  readonly charged: MicroUsd;
  readonly held: MicroUsd;
  readonly unknown: MicroUsd;
  /** Part of `charged`: what has been made and is wanted no more, as changes have replaced it. */
  readonly superseded: MicroUsd;
}

/** Bytes that are not used any more. */
export interface BlockedAsset extends Blocking {
  readonly digest: Digest;
}

/** A project as it stands. Plain data. */
export interface ProjectView {
  readonly id: string;
  readonly seq: number;
  readonly status: ProjectStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** What it was forked from. */
  readonly parent: Parent | null;
  readonly settings: Settings;
  readonly warnings: readonly Warning[];
  readonly styleGuide: StyleGuide | null;
  readonly characters: readonly Character[];
  readonly scenes: readonly ProjectScene[];
  readonly steps: readonly ProjectStep[];
  /** How much of the work is done, 0 to 1. */
  readonly progress: number;
  readonly money: ProjectMoney;
  /** Why the last run rests, when it waits. */
  readonly waiting: Waiting | null;
  /** Why the last run failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly filmAsset: Asset | null;
  /** What was blocked: by you, by `inspect` or by a provider. */
  readonly blocked: readonly BlockedAsset[];
}

function scenesOf(state: ProjectState, steps: readonly Step[]): ProjectScene[] {
  const used = new Map(steps.map(({ id, artifact }) => [id, artifact]));
  const made = new Map(steps.map(({ id, artifact }) => [id, artifact?.asset ?? null]));
  const left = new Set(steps.flatMap(({ sceneId, skipped }) => (skipped ? [sceneId] : [])));
  let before: Asset | null = null;
  return state.scenes.map(({ scene }) => {
    const ownStart = made.get(`keyframe:${scene.id}:start`);
    const start = ownStart === undefined ? before : ownStart;
    const end = made.get(`keyframe:${scene.id}:end`) ?? null;
    const skipped = left.has(scene.id);
    if (!skipped) before = end;
    const clip = made.get(`clip:${scene.id}`) ?? null;
    return { ...scene, start, end, clip, takes: takesOf(state, scene.id, used), skipped };
  });
}

/** What is said of scenes that are left out. */
function gaps(scenes: readonly ProjectScene[]): Warning[] {
  return scenes.flatMap(({ id, skipped }, index) =>
    skipped
      ? [{ code: 'skipped', message: `scene ${index + 1} (${id}) was refused by a content filter and is left out` }]
      : [],
  );
}

/** The view of a state. `driven` says whether somebody holds the lease. */
export function viewOf(state: ProjectState, driven: boolean): ProjectView {
  const planned = planSteps(state);
  const scenes = scenesOf(state, planned);
  const steps: ProjectStep[] = planned.map(({ id, kind, sceneId, status, model, artifact, held }) => ({
    id,
    kind,
    sceneId,
    status,
    model,
    asset: artifact?.asset ?? null,
    held,
  }));
  const ended = state.run?.ended?.body;
  return {
    id: state.id,
    seq: state.seq,
    status: state.status === STATUS.running && !driven ? STATUS.interrupted : state.status,
    createdAt: state.created.at,
    updatedAt: state.updatedAt,
    parent: state.created.body.parent ?? null,
    settings: state.settings,
    warnings: [...state.warnings, ...gaps(scenes)],
    styleGuide: state.styleGuide,
    characters: state.characters,
    scenes,
    steps,
    progress: progressOf(state),
    money: { ...state.ledger, superseded: supersededMoney(state, planned) } as unknown as ProjectMoney,
    waiting: ended?.waiting ?? null,
    error: ended?.error ?? state.crash,
    filmAsset: filmArtifact(state)?.asset ?? null,
    blocked: [...state.bars.blocked].map(([digest, blocking]) => ({ digest, ...blocking })),
  };
}
