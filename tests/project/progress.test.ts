import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSteps } from '../../src/project/graph.ts';
import { progressOf } from '../../src/project/progress.ts';
import { created, intended, sceneNamed, started, success, TestLog } from './build.ts';

const shapes = fc.array(fc.constantFrom('continue' as const, 'cut' as const), { minLength: 1, maxLength: 6 });
const seams = fc.constantFrom('frames' as const, 'from-clip' as const);

describe('progress', () => {
  it('grows with every step that is completed, from 0 to 1, and is 1 only at the end', () => {
    fc.assert(
      fc.property(shapes, seams, fc.infiniteStream(fc.nat()), (enters, seam, picks) => {
        const log = new TestLog();
        const scenes = enters.map((each, index) => sceneNamed(`s${index}`, each));
        log.append(created(scenes, seam), started('r'));
        const seen = [progressOf(log.state)];
        for (;;) {
          const ready = planSteps(log.state).filter(({ status }) => status === 'ready');
          const step = ready[(picks.next().value ?? 0) % Math.max(1, ready.length)];
          if (step === undefined) break;
          log.append(...success(step, 'r'));
          seen.push(progressOf(log.state));
        }
        expect(seen[0]).toBe(0);
        expect(seen.at(-1)).toBe(1);
        for (const [index, each] of seen.slice(1).entries()) expect(each).toBeGreaterThan(seen[index] ?? 1);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('counts how far running steps are', () => {
    const log = new TestLog();
    log.append(created([sceneNamed('a')]), started('r'));
    const [first] = planSteps(log.state);
    if (first === undefined) throw new Error('nothing is planned');
    const half = new Map([[first.id, 0.5]]);
    expect(progressOf(log.state, half)).toBe(0);
    log.append(intended(first, 'r', 'c', 1));
    const running = progressOf(log.state, half);
    expect(running).toBeGreaterThan(0);
    log.append(
      ...success(first, 'r')
        .slice(1)
        .map((event) => ({ ...event, body: { ...event.body, callId: 'c' } }) as typeof event),
    );
    expect(progressOf(log.state)).toBeCloseTo(2 * running);
  });

  it('counts scenes that nobody has written yet', () => {
    const log = new TestLog();
    log.append(created(null), started('r'));
    log.append({
      type: 'storyboard.written',
      body: {
        run: 'r',
        callId: 'c',
        attempt: 1,
        styleGuide: { visualStyle: 'v', colorPalette: 'c', cameraStyle: 'k' },
        characters: [],
        scenes: [sceneNamed('a'), sceneNamed('b')],
      },
    });
    const written = progressOf(log.state);
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(0.1);
  });
});
