import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { change } from '../../src/project/changes.ts';
import type { ChangeGiven, Changes, SceneEdit } from '../../src/project/changes/types.ts';
import { InvalidChangeError } from '../../src/errors/index.ts';
import { planSteps } from '../../src/project/graph.ts';
import type { Step } from '../../src/project/steps.ts';
import { artifactsOf, takeIdOf } from '../../src/project/takes.ts';
import type { Digest } from '../../src/spec/index.ts';
import { created, sceneNamed, started, success, TestLog } from './build.ts';

const digest = (nth: number): Digest => `sha256-${String(nth).padStart(64, '0')}`;

/** What changes are given: ids by number, and a new clip or frame for each one that is supplied. */
function givenFor(changes: Changes, ids: { next: number }): ChangeGiven {
  const parts = Object.entries(changes.supply ?? {}).flatMap(([id, media]) =>
    Object.keys(media).map((part) => [id, part]),
  );
  const supplied = parts.map(([id, part]) => {
    const asset = { digest: digest((ids.next += 1)), mediaType: 'x/y', size: 1, seconds: 3 };
    return [part === 'clip' ? `clip:${id}` : `keyframe:${id}:${part}`, { asset }] as const;
  });
  const newId = (): string => String((ids.next += 1)).padStart(12, '0');
  return { catalogue: new Map(), at: '2026-01-01T00:00:00.000Z', supplied: new Map(supplied), references: [], newId };
}

/** A project under changes, and everything that was ever made in it. */
class Film {
  readonly log = new TestLog();
  readonly made: string[] = [];
  readonly ids = { next: 0 };

  constructor(scenes: number, seams: 'frames' | 'from-clip') {
    const enters = (nth: number): 'continue' | 'cut' => (nth % 3 === 0 ? 'cut' : 'continue');
    this.log.append(
      created(
        Array.from({ length: scenes }, (_, nth) => sceneNamed(`s${nth}`, enters(nth))),
        seams,
      ),
      started('r'),
    );
    this.complete();
  }

  get scenes(): string[] {
    return this.log.state.scenes.map(({ scene }) => scene.id);
  }

  /** Makes all that is wanted; answers what that was. */
  complete(): string[] {
    const before = this.made.length;
    for (;;) {
      const step = planSteps(this.log.state).find(({ status }) => status === 'ready');
      if (step === undefined) break;
      this.made.push(`${step.id} ${step.fingerprint} ${step.ordinal}`);
      this.log.append(...success(step, 'r'));
    }
    expect(planSteps(this.log.state).filter(({ status }) => status !== 'completed')).toEqual([]);
    return this.made.slice(before);
  }

  /** Whether the changes could be made; if not, nothing has changed. */
  change(changes: Changes): boolean {
    const { state } = this.log;
    const before = JSON.stringify([state.seq, state.scenes.map(({ scene }) => scene), state.settings, [...state.held]]);
    const draft = (): ReturnType<typeof change> | null => {
      try {
        return change(state, changes, givenFor(changes, this.ids));
      } catch (error) {
        if (!(error instanceof InvalidChangeError)) throw error;
        return null;
      }
    };
    const events = draft();
    const after = JSON.stringify([state.seq, state.scenes.map(({ scene }) => scene), state.settings, [...state.held]]);
    expect(after).toBe(before);
    if (events !== null) this.log.append(...events);
    return events !== null;
  }
}

const shown = (steps: readonly Step[]): string[] =>
  steps.map(({ id, fingerprint, status, artifact }) => `${id} ${fingerprint} ${status} ${artifact?.asset.digest}`);

/** What stands of a film, by its own state alone. */
function check({ log, made }: Film): void {
  const { state } = log;
  const ids = state.scenes.map(({ scene }) => scene.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.toSorted()).toEqual([...state.sceneIndex.keys()].toSorted());
  const steps = planSteps(state);
  for (const step of steps) {
    const { id, artifact, held, fingerprint } = step;
    expect(artifact).not.toBeNull();
    const selected = fingerprint && state.steps.get(id)?.get(fingerprint)?.selected;
    if (held === null && !selected) expect([id, artifact?.fingerprint]).toEqual([id, fingerprint]);
  }
  expect(new Set(made).size).toBe(made.length);
  expect(shown(planSteps(log.refolded()))).toEqual(shown(steps));
}

type Pick = <T>(list: readonly T[]) => T | undefined;

/** One kind of change for a film as it stands. */
const KINDS: readonly ((film: Film, pick: Pick) => Changes)[] = [
  (film, pick) => ({ edit: { [pick(film.scenes) ?? '']: { motionPrompt: pick(['m 1', 'm 2', 'm s0']) ?? '' } } }),
  (film, pick) => ({
    edit: { [pick(film.scenes) ?? '']: { endPrompt: pick(['e 1', 'e 2']) ?? '', seconds: pick([4, 5, 8]) ?? 4 } },
  }),
  (film, pick) => ({ edit: { [pick(film.scenes) ?? '']: { enters: pick(['cut', 'continue'] as const) ?? 'cut' } } }),
  (film, pick) => ({
    remove: [pick(film.scenes) ?? ''],
    continuity: pick(['repair', 'redraw', 'leave'] as const) ?? 'repair',
  }),
  (film, pick) => ({ move: { [pick(film.scenes) ?? '']: { before: pick([...film.scenes, null]) ?? null } } }),
  (film, pick) => {
    const before = pick(film.scenes) ?? '';
    return { add: { scenes: [{ description: 'd', startPrompt: 's', endPrompt: 'e', motionPrompt: 'm' }], before } };
  },
  (film, pick) => ({
    retake: { [pick(film.scenes) ?? '']: [pick(['start', 'end', 'clip'] as const) ?? 'clip'] },
    continuity: pick(['repair', 'redraw', 'leave'] as const) ?? 'repair',
  }),
  (film, pick) => {
    const scene = pick(film.scenes) ?? '';
    const part = pick(['start', 'end', 'clip'] as const) ?? 'clip';
    const take = pick(artifactsOf(film.log.state, scene, part));
    return { select: { [scene]: take === undefined ? 'clip-0' : takeIdOf(part, take.asset) } };
  },
  (film, pick) => ({ keep: { [pick(film.scenes) ?? '']: [pick(['start', 'end', 'clip'] as const) ?? 'clip'] } }),
  (film, pick) => ({
    supply: { [pick(film.scenes) ?? '']: { [pick(['start', 'end', 'clip'] as const) ?? 'clip']: 'x' } },
  }),
  (_, pick) => ({ settings: { style: pick(['a', 'b']) ?? '', apply: pick(['all', 'missing'] as const) ?? 'all' } }),
];

const moves = fc.array(
  fc.tuple(fc.nat(KINDS.length - 1), fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }), fc.boolean()),
  {
    minLength: 1,
    maxLength: 12,
  },
);

function picker(choices: readonly number[]): Pick {
  let next = 0;
  return (list) => list[(choices[next++ % choices.length] ?? 0) % Math.max(1, list.length)];
}

describe('random changes', () => {
  it('leave scenes whole, choose nothing stale and make nothing twice', () => {
    let done = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('frames' as const, 'from-clip' as const),
        moves,
        (scenes, seams, all) => {
          const film = new Film(scenes, seams);
          for (const [kind, choices, completes] of all) {
            if (film.change(KINDS[kind]?.(film, picker(choices)) ?? {})) done += 1;
            else refused += 1;
            if (completes) film.complete();
          }
          film.complete();
          check(film);
        },
      ),
      { seed: 11, numRuns: 150 },
    );
    expect(done).toBeGreaterThan(refused);
    expect(refused).toBeGreaterThan(50);
  });

  it('that are reverted find everything again', () => {
    const edits: readonly SceneEdit[] = [
      { motionPrompt: 'x' },
      { endPrompt: 'x', startPrompt: 'x' },
      { seconds: 8 },
      { cast: ['A'] },
      { enters: 'cut' },
      { audio: { music: 'x' } },
    ];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('frames' as const, 'from-clip' as const),
        moves,
        fc.nat(),
        (scenes, seams, all, nth) => {
          const film = new Film(scenes, seams);
          for (const [kind, choices] of all.slice(0, 4)) film.change(KINDS[kind]?.(film, picker(choices)) ?? {});
          film.complete();
          const before = shown(planSteps(film.log.state));
          const scene = film.log.state.scenes[nth % film.scenes.length]?.scene ?? sceneNamed('none');
          const edit = edits[nth % edits.length] ?? {};
          if (!film.change({ edit: { [scene.id]: edit } })) return;
          film.complete();
          const names = Object.keys(edit) as (keyof SceneEdit)[];
          const back = Object.fromEntries(names.map((name) => [name, scene[name] ?? null]));
          expect(film.change({ edit: { [scene.id]: back } })).toBe(true);
          expect(film.complete()).toEqual([]);
          expect(shown(planSteps(film.log.state))).toEqual(before);
        },
      ),
      { seed: 12, numRuns: 150 },
    );
  });
});

describe('the choice among takes', () => {
  it('is the best score of those that were asked for, then the newest', () => {
    const film = new Film(1, 'frames');
    const clip = (): Step => planSteps(film.log.state).find(({ kind }) => kind === 'clip') as Step;
    const first = clip().artifact?.asset.digest;
    for (const score of [0.5, 0.9, 0.7]) {
      film.change({ retake: { s0: ['clip'] } });
      const [intended, settled] = success(clip(), 'r');
      if (intended === undefined || settled?.type !== 'call.settled') throw new Error('it is no call');
      const made = settled.body.made.map((each) => ({ ...each, score }));
      film.log.append(intended, { ...settled, body: { ...settled.body, made } });
    }
    expect(clip().artifact).toMatchObject({ score: 0.9, ordinal: 2 });
    expect(film.change({ select: { s0: takeIdOf('clip', { digest: first } as never) } })).toBe(true);
    expect(clip().artifact?.asset.digest).toBe(first);
  });
});
