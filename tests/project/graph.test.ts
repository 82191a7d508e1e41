import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSteps } from '../../src/project/graph.ts';
import type { Step } from '../../src/project/steps.ts';
import { created, sceneNamed, started, success, TestLog } from './build.ts';

const shapes = fc.array(fc.constantFrom('continue' as const, 'cut' as const), { minLength: 1, maxLength: 8 });
const seams = fc.constantFrom('frames' as const, 'from-clip' as const);

/** Completes ready steps in the order that `pick` chooses, until nothing is ready; answers the ids in that order. */
function complete(log: TestLog, pick: (ready: readonly Step[]) => Step | undefined): string[] {
  const done: string[] = [];
  for (;;) {
    const ready = planSteps(log.state).filter(({ status }) => status === 'ready');
    const step = pick(ready);
    if (step === undefined) return done;
    log.append(...success(step, 'r'));
    done.push(step.id);
  }
}

function projectOf(enters: readonly ('continue' | 'cut')[], seam: 'frames' | 'from-clip'): TestLog {
  const log = new TestLog();
  log.append(
    created(
      enters.map((each, index) => sceneNamed(`s${index}`, each)),
      seam,
    ),
    started('r'),
  );
  return log;
}

describe('the step graph', () => {
  it('asks for each step once, whatever the order, and ends with the film', () => {
    fc.assert(
      fc.property(shapes, seams, fc.infiniteStream(fc.nat()), (enters, seam, choices) => {
        const log = projectOf(enters, seam);
        const done = complete(log, (ready) => ready[(choices.next().value ?? 0) % Math.max(1, ready.length)]);
        const steps = planSteps(log.state);
        expect(steps.every(({ status }) => status === 'completed')).toBe(true);
        expect(new Set(done).size).toBe(done.length);
        expect(done.at(-1)).toBe('film');
        const heads = enters.filter((each, index) => index === 0 || each === 'cut').length;
        expect(done).toHaveLength(seam === 'frames' ? heads + enters.length * 2 + 1 : enters.length * 2 + 1);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('waits for no start frame where nothing draws from a picture', () => {
    const log = new TestLog();
    const first = created([sceneNamed('a'), sceneNamed('b')]);
    if (first.type !== 'project.created') throw new Error('it is another event');
    log.append({ ...first, body: { ...first.body, film: { ...first.body.film, conditionedBy: null } } }, started('r'));
    const ready = planSteps(log.state).filter(({ status }) => status === 'ready');
    expect(ready.map(({ id, model }) => [id, model])).toEqual([
      ['keyframe:a:start', 'x:i'],
      ['keyframe:a:end', 'x:i'],
      ['keyframe:b:end', 'x:i'],
    ]);
  });

  it('makes the same frames whatever the order: conditioning is not part of the recipe', () => {
    const prints = (log: TestLog): string[] =>
      planSteps(log.state)
        .filter(({ kind }) => kind === 'keyframe')
        .map(({ id, fingerprint }) => `${id} ${fingerprint}`);
    const [one, other] = [
      projectOf(['cut', 'continue', 'cut'], 'frames'),
      projectOf(['cut', 'continue', 'cut'], 'frames'),
    ];
    const before = prints(one);
    complete(one, (ready) => ready[0]);
    complete(other, (ready) => ready.at(-1));
    expect(prints(one)).toEqual(before);
    expect(prints(other)).toEqual(before);
  });

  it('starts a clip as soon as its two frames are there', () => {
    const log = projectOf(['cut', 'continue', 'continue'], 'frames');
    const order = complete(log, (ready) => ready.find(({ kind }) => kind === 'clip') ?? ready[0]);
    expect(order).toEqual([
      'keyframe:s0:start',
      'keyframe:s0:end',
      'clip:s0',
      'keyframe:s1:end',
      'clip:s1',
      'keyframe:s2:end',
      'clip:s2',
      'film',
    ]);
  });

  it('remakes the film alone for another transition, and finds the first one again', () => {
    const log = projectOf(['cut', 'continue'], 'frames');
    complete(log, (ready) => ready[0]);
    log.append({ type: 'settings.changed', body: { settings: { transition: { kind: 'fade', seconds: 1 } } } });
    expect(complete(log, (ready) => ready[0])).toEqual(['film']);
    log.append({ type: 'settings.changed', body: { settings: { transition: { kind: 'cut', seconds: 0 } } } });
    expect(complete(log, (ready) => ready[0])).toEqual([]);
  });

  it('wants one more take of the step as it is, and chooses the newest that was asked for', () => {
    const log = projectOf(['cut'], 'frames');
    complete(log, (ready) => ready[0]);
    const clip = planSteps(log.state).find(({ kind }) => kind === 'clip') as Step;
    log.append({ type: 'take.requested', body: { stepId: clip.id, fingerprint: clip.fingerprint ?? '' } });
    expect(complete(log, (ready) => ready[0])).toEqual(['clip:s0', 'film']);
    expect(planSteps(log.state).find(({ kind }) => kind === 'clip')?.artifact?.ordinal).toBe(1);
  });

  it('folds and plans the whole log as it did bit by bit', () => {
    fc.assert(
      fc.property(shapes, seams, (enters, seam) => {
        const log = projectOf(enters, seam);
        const bare = (steps: readonly Step[]): unknown => steps.map((step) => ({ ...step, recipe: null }));
        complete(log, (ready) => {
          expect(bare(planSteps(log.state))).toEqual(bare(planSteps(log.refolded())));
          return ready.at(-1);
        });
        const memoless = (log_: unknown): unknown =>
          JSON.parse(
            JSON.stringify(log_, (key, value: unknown) =>
              key === 'memo' ? undefined : value instanceof Map || value instanceof Set ? [...value] : value,
            ),
          );
        expect(memoless(log.refolded())).toEqual(memoless(log.state));
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});
