import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FilterRefusal, Remedy } from 'vidpipe';
import type { EventDraft } from '../../src/project/events.ts';
import { planSteps } from '../../src/project/graph.ts';
import type { PaidRecipe } from '../../src/project/recipes.ts';
import { remediedTries } from '../../src/project/remedied-tries.ts';
import { DEFAULT_REMEDIES, mergeRemedies } from '../../src/project/remedies.ts';
import type { SceneRecord } from '../../src/project/state.ts';
import type { KnownStep, Step } from '../../src/project/steps.ts';
import { answerBlock, isBlocked } from '../../src/stages/remedies.ts';
import { created, intended, sceneNamed, started, success, TestLog } from './build.ts';

const LIST: readonly Remedy[] = [...DEFAULT_REMEDIES, { kind: 'rewrite' }, { kind: 'model' }];
const refusal = (input: FilterRefusal['input']): FilterRefusal => ({ reasons: ['r'], codes: [input], input });

interface Shape {
  readonly onRefused?: 'fail' | 'skip';
  readonly seams?: 'frames' | 'from-clip';
  readonly remedies?: readonly Remedy[];
}

function project(
  enters: readonly ('continue' | 'cut')[],
  { onRefused = 'fail', seams = 'frames', remedies = LIST }: Shape = {},
): TestLog {
  const log = new TestLog();
  const first = created(
    enters.map((each, index) => sceneNamed(`s${index}`, each)),
    seams,
  );
  if (first.type !== 'project.created') throw new Error('it is another event');
  const { settings, film } = first.body;
  const body = {
    ...first.body,
    settings: { ...settings, safety: { remedies, onRefused } },
    film: { ...film, standIns: { image: ['x:j' as const], video: ['x:w' as const] } },
  };
  log.append({ ...first, body }, started('r'));
  return log;
}

const stepOf = (log: TestLog, id: string): KnownStep =>
  planSteps(log.state).find((step) => step.id === id) as KnownStep;
const prints = (log: TestLog): Record<string, string | null> =>
  Object.fromEntries(planSteps(log.state).map(({ id, fingerprint }) => [id, fingerprint]));

const DECIDING = { run: 'r', custom: {} };

let serial = 0;
function blocked(step: Step, input: FilterRefusal['input']): EventDraft[] {
  const callId = `p.${(serial += 1)}`;
  const settled = { charged: null, usage: null, made: [], failure: null, blocked: refusal(input) };
  return [intended(step, 'r', callId, 0), { type: 'call.settled', body: { callId, outcome: 'blocked', ...settled } }];
}

/** Lets a filter refuse a step, and appends what is decided then. */
function refuse(log: TestLog, id: string, input: FilterRefusal['input']): EventDraft[] {
  log.append(...blocked(stepOf(log, id), input));
  expect(isBlocked(log.state, stepOf(log, id))).toBe(true);
  const decided = answerBlock(log.state, DECIDING, stepOf(log, id));
  log.append(...decided);
  return decided;
}

function make(log: TestLog, step: Step): void {
  log.append(...success(step, 'r'));
  const recipe = step.recipe?.();
  if (recipe?.recipe !== 'rewrite/1') return;
  const { target, index } = recipe;
  const told = { run: 'r', callId: 'c', attempt: 1, stepId: step.id };
  log.append({ type: 'remedy.rewritten', body: { ...told, target, index, prompt: `words ${index}` } });
}

/** Makes a still or clip that is then blocked as it is looked at; words are only made. */
function makeAndBlock(log: TestLog, step: KnownStep): void {
  make(log, step);
  if (step.kind !== 'keyframe' && step.kind !== 'clip') return;
  const { digest } = planSteps(log.state).find(({ id }) => id === step.id)!.artifact!.asset;
  const said = { by: 'inspect', stepId: step.id, reasons: ['r'], codes: [] } as const;
  log.append({ type: 'artifact.blocked', body: { digest, ...said } });
}

/** Steps that were bought more often than the worst price of a plan counts, by how often. */
function boughtTooOften(log: TestLog): string[] {
  const bought = new Map<string, number>();
  for (const { type, body } of log.events)
    if (type === 'call.intended') bought.set(body.stepId, (bought.get(body.stepId) ?? 0) + 1);
  return [...bought].flatMap(([id, times]) => {
    const [kind, sceneId, position] = id.split(':');
    if (kind !== 'keyframe' && kind !== 'clip') return [];
    const common = { sceneId, model: 'x', remedy: null, prompt: '', motionPrompt: '' };
    const recipe = kind === 'clip' ? { ...common, recipe: 'clip/1' } : { ...common, recipe: 'keyframe/1', position };
    const { remedied, again } = remediedTries(log.state, recipe as unknown as PaidRecipe);
    const most = 1 + remedied.length + again;
    return times > most ? [`${id}: ${times}, at most ${most}`] : [];
  });
}

function makeAll(log: TestLog, until: (step: Step) => boolean = () => false): string[] {
  const done: string[] = [];
  for (;;) {
    const step = planSteps(log.state).find((each) => each.status === 'ready' && !until(each));
    if (step === undefined) return done;
    make(log, step);
    done.push(step.id);
  }
}

/** Changes the words of a scene, as a user's edit does. */
function reword(log: TestLog, id: string, motionPrompt: string): void {
  const at = log.state.scenes.findIndex(({ scene }) => scene.id === id);
  const record: SceneRecord = { scene: { ...log.state.scenes[at]!.scene, motionPrompt }, memo: new Map() };
  log.state.scenes[at] = record;
  log.state.sceneIndex.set(id, record);
  log.append({ type: 'settings.changed', body: { settings: {} } });
}

describe('a remedy', () => {
  it.each(['keyframe:s0:start', 'keyframe:s0:end'])('enters the fingerprint of its step only: %s', (id) => {
    const log = project(['cut', 'continue']);
    const before = prints(log);
    refuse(log, id, 'prompt');
    const after = prints(log);
    expect(Object.keys(after).filter((each) => after[each] !== before[each])).toEqual([id]);
  });

  it('of a clip leaves everything else as it was made', () => {
    const log = project(['cut', 'continue']);
    makeAll(log, ({ id }) => id === 'clip:s1');
    const before = prints(log);
    refuse(log, 'clip:s1', 'prompt');
    const after = prints(log);
    expect(Object.keys(after).filter((each) => after[each] !== before[each])).toEqual(['clip:s1']);
    expect(makeAll(log)).toEqual(['clip:s1', 'film']);
  });

  it('of a shared frame has the frame, the clips on both sides and the film made, and no other', () => {
    const log = project(['cut', 'continue', 'continue']);
    makeAll(log, ({ id }) => id === 'clip:s1');
    expect(refuse(log, 'clip:s1', 'start-frame').map(({ type }) => type)).toEqual(['remedy.applied', 'remedy.applied']);
    expect(makeAll(log)).toEqual(['keyframe:s0:end', 'clip:s0', 'clip:s1', 'film']);
  });

  it('stays when a frame changes, goes with other words of its scene, and is found again with the first ones', () => {
    const log = project(['cut', 'continue']);
    makeAll(log, ({ id }) => id === 'clip:s1');
    refuse(log, 'clip:s1', 'prompt');
    makeAll(log);
    const remedied = stepOf(log, 'clip:s1');
    reword(log, 's1', 'other');
    const recipe = stepOf(log, 'clip:s1').recipe();
    expect(recipe).toMatchObject({ motionPrompt: 'other', remedy: null });
    expect(makeAll(log)).toEqual(['clip:s1', 'film']);
    reword(log, 's1', 'm s1');
    expect(makeAll(log)).toEqual([]);
    expect(stepOf(log, 'clip:s1')).toMatchObject({ fingerprint: remedied.fingerprint, status: 'completed' });
  });

  it('does not reopen a gate', () => {
    const log = project(['cut']);
    log.append({ type: 'gate.approved', body: { gate: 'clips', digest: 'd', worst: null } });
    makeAll(log, ({ kind }) => kind === 'clip');
    refuse(log, 'clip:s0', 'end-frame');
    expect([...log.state.approved]).toEqual(['plan', 'storyboard', 'keyframes', 'clips']);
  });

  it('asks the next model, and a clip beside one that is there is only refused', () => {
    const log = project(['cut'], { remedies: [{ kind: 'model' }] });
    refuse(log, 'keyframe:s0:start', 'reference');
    expect(stepOf(log, 'keyframe:s0:start')).toMatchObject({ model: 'x:j' });
    expect(stepOf(log, 'keyframe:s0:start').recipe()).toMatchObject({ model: 'x:j' });
    makeAll(log);
    const { fingerprint } = stepOf(log, 'clip:s0');
    log.append({ type: 'take.requested', body: { stepId: 'clip:s0', fingerprint } });
    expect(refuse(log, 'clip:s0', 'prompt').map(({ type }) => type)).toEqual(['step.refused']);
  });

  it('adds to those before: the later prefix or prompt counts, and each brings another seed', () => {
    const of = (...remedies: Remedy[]) =>
      remedies.map((remedy) => ({ body: { remedy }, words: remedy.kind === 'rewrite' ? 'w' : null }));
    const frame = { kind: 'frame', which: 'end', prompt: 'f' } as const;
    const prefix = { kind: 'prefix', text: 'p' } as const;
    expect(mergeRemedies([], true)).toBeNull();
    expect(mergeRemedies(of(prefix, frame), true)).toEqual({ nth: 2, prefix: 'p', prompt: 'f', rewritten: false });
    expect(mergeRemedies(of(frame, { kind: 'rewrite' }), true)).toMatchObject({ prompt: 'w', rewritten: true });
    expect(mergeRemedies(of({ kind: 'rewrite' }, { ...frame, text: 't' }), false)).toEqual({
      nth: 2,
      prefix: 't',
      prompt: 'w',
      rewritten: true,
    });
    expect(mergeRemedies(of({ kind: 'seed' }), false)).toEqual({
      nth: 1,
      prefix: null,
      prompt: null,
      rewritten: false,
    });
  });
});

describe('a scene that is left out before it has made anything', () => {
  it('leaves the next one to begin with a frame of its own', () => {
    const log = project(['cut', 'continue'], { onRefused: 'skip', remedies: [] });
    expect(stepOf(log, 'keyframe:s1:end').status).toBe('pending');
    refuse(log, 'keyframe:s0:start', 'prompt');
    expect(makeAll(log)).toEqual(['keyframe:s1:start', 'keyframe:s1:end', 'clip:s1', 'film']);
    expect(stepOf(log, 'film').recipe()).toMatchObject({ clips: [{ seconds: 4 }] });
  });
});

describe('a clip at the end of a chain', () => {
  it('is made again for each scene before it that is left out: as often as the worst price counts', () => {
    const log = project(['cut', 'continue', 'continue', 'continue'], { onRefused: 'skip', remedies: [] });
    const isBefore = ({ kind, id }: Step): boolean => kind === 'clip' && id !== 'clip:s3';
    const refused = new Set<string>();
    makeAll(log, isBefore);
    for (const id of ['clip:s2', 'clip:s1', 'clip:s0']) {
      refused.add(id);
      // One that begins with another frame is asked for again, and refused again.
      for (;;) {
        const next = planSteps(log.state).find((step) => step.status === 'ready' && refused.has(step.id));
        if (next !== undefined) refuse(log, next.id, 'output');
        else if (makeAll(log, isBefore).length === 0) break;
      }
    }
    const bought = (stepId: string): number =>
      log.events.filter(({ type, body }) => type === 'call.intended' && body.stepId === stepId).length;
    expect([bought('clip:s3'), bought('keyframe:s3:start')]).toEqual([4, 1]);
    expect(stepOf(log, 'film').status).toBe('completed');
    expect(boughtTooOften(log)).toEqual([]);
  });
});

describe('whatever a filter does', () => {
  const shapes = fc.array(fc.constantFrom('continue' as const, 'cut' as const), { minLength: 1, maxLength: 4 });
  const inputs = fc.constantFrom(
    null,
    null,
    null,
    null,
    'prompt',
    'start-frame',
    'end-frame',
    'reference',
    'output',
    'looked at',
  );
  const seams = fc.constantFrom('frames' as const, 'from-clip' as const);
  const policies = fc.constantFrom('fail' as const, 'skip' as const);

  it('a step only moves down its list, the project comes to rest, and the plan is that of the whole log', () => {
    fc.assert(
      fc.property(shapes, seams, policies, fc.infiniteStream(inputs), fc.infiniteStream(fc.nat()), (...given) => {
        const [enters, seam, onRefused, replies, choices] = given;
        const log = project(enters, { onRefused, seams: seam });
        const bare = (steps: readonly Step[]): unknown => steps.map((step) => ({ ...step, recipe: null }));
        const most = enters.length * 3 * (LIST.length + 2) * 4;
        for (let moves = 0; ; moves += 1) {
          expect(moves).toBeLessThan(most);
          const ready = planSteps(log.state).filter(({ status }) => status === 'ready');
          const step = ready[(choices.next().value ?? 0) % Math.max(1, ready.length)] as KnownStep | undefined;
          if (step === undefined) break;
          const input = replies.next().value ?? null;
          if (isBlocked(log.state, step)) log.append(...answerBlock(log.state, DECIDING, step));
          else if (input === null || step.model === null) make(log, step);
          else if (input === 'looked at') makeAndBlock(log, step);
          else refuse(log, step.id, input);
        }
        const applied = log.events.flatMap((event) => (event.type === 'remedy.applied' ? [event.body] : []));
        const own = applied.filter(({ stepId, askedBy }) => stepId === askedBy);
        for (const asker of new Set(own.map(({ askedBy }) => askedBy))) {
          const places = own.filter(({ askedBy }) => askedBy === asker).map(({ index }) => index);
          expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
        }
        expect(boughtTooOften(log)).toEqual([]);
        const steps = planSteps(log.state);
        expect(bare(steps)).toEqual(bare(planSteps(log.refolded())));
        const open = steps.filter(({ status, skipped }) => !skipped && status !== 'completed');
        const refused = steps.some(({ status }) => status === 'refused');
        expect(open.length > 0 && !refused).toBe(false);
        if (onRefused === 'skip' && steps.some(({ kind, skipped }) => kind === 'clip' && !skipped))
          expect(open).toEqual([]);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
