import { describe, expect, it } from 'vitest';
import { caught, CONTROLS } from './controls.ts';
import type { Kind } from './kinds.ts';
import { play } from './play.ts';
import type { Program } from './program.ts';
import { playPrograms } from './sweep.ts';

/** The first bundle of the soak. */
const SEED = 1;
const PROGRAMS = 40;

/** A film of one scene with its own words, and nothing that goes wrong; what is given is otherwise. */
function program(changes: Partial<Program>): Program {
  return {
    seed: 0,
    scenes: 1,
    writer: false,
    cutEvery: 9,
    lastFrame: true,
    cancels: false,
    asking: 'key',
    gates: [],
    budget: null,
    modelFaults: [],
    acts: [],
    ...changes,
  };
}

const run = { of: 0, do: 'run', crashAt: null, beside: [] } as const;
const wish = (kind: Kind) => ({ kind, also: null, nth: 0 });

describe('random sequences of changes, forks, runs, stops and crashes', () => {
  it('keep every promise, in a first few', async () => {
    const { cases, violations, happened } = await playPrograms(SEED, PROGRAMS);
    expect(violations).toEqual([]);
    expect(cases).toBe(PROGRAMS);
    const met = ['fork', 'two editors', 'reverted', 'as planned', 'crash', 'in mid-run: change'];
    expect(met.filter((what) => (happened.get(what) ?? 0) < 3)).toEqual([]);
    console.log(`${cases} sequences, ${[...happened.values()].reduce((sum, each) => sum + each, 0)} things met`);
  });

  it('are the same each time', async () => {
    expect(await playPrograms(SEED + 1, 5)).toEqual(await playPrograms(SEED + 1, 5));
  });

  it.each([
    [
      'sound in a silent film',
      program({ acts: [run, { of: 0, do: 'change', wish: wish('sound'), crashAt: null }, run] }),
    ],
    [
      'a scene before the first',
      program({ acts: [{ of: 0, do: 'change', wish: wish('add before'), crashAt: null }, run] }),
    ],
    [
      'the length of a clip that is let go, asked for again',
      program({
        acts: [
          { of: 0, do: 'change', wish: wish('supply clip'), crashAt: null },
          { of: 0, do: 'change', wish: wish('motion prompt'), crashAt: null },
          { of: 0, do: 'no change' },
        ],
      }),
    ],
    [
      'a clip of the user that is blocked',
      program({
        acts: [
          {
            ...run,
            beside: [
              { after: 1, do: 'change', wish: wish('supply clip') },
              { after: 1, do: 'block' },
            ],
          },
          { of: 0, do: 'fork', wish: wish('start prompt'), openCalls: 'wait', crashAt: null },
          run,
        ],
        lastFrame: false,
      }),
    ],
  ])('went wrong once, and do no more: %s', async (_, small) => {
    expect((await play(small)).violations).toEqual([]);
  });
});

describe('the oracle', () => {
  it.each(Object.keys(CONTROLS) as (keyof typeof CONTROLS)[])('catches a build where %s', (control) => {
    expect(caught(control)).not.toBeNull();
  });
});
