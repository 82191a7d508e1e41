import { expect, it } from 'vitest';
import { quietScript, randomScript, type Script, SeededRandom } from 'vidpipe/testing';
import { playAll, simulated } from '../support/simulation.ts';

const ACTS = ['edit', 'retake', 'remove', 'swap', 'supply', 'restyle', 'expand', 'stop'] as const;

/** Scripts in which somebody changes the film while it is made, one to four times. */
function* revised(from: number, count: number, base: (seed: number) => Script): Generator<Script> {
  for (let seed = from; seed < from + count; seed += 1) {
    const random = new SeededRandom(seed);
    const script = base(seed);
    const act = (): Script['acts'][number] => ({
      at: random.whole(10, 60 + 90 * script.scenes),
      what: random.pick(ACTS),
    });
    yield { ...script, acts: Array.from({ length: 1 + (seed % 4) }, act) };
  }
}

it('a film that is changed while it is made comes to rest, with every promise kept', async () => {
  const quiet = revised(1, 40, (seed) =>
    quietScript({ seed, scenes: 1 + (seed % 4), lastFrame: seed % 3 !== 0, writer: seed % 2 === 0 }),
  );
  const faulty = revised(1000, 30, randomScript);
  const { violations, happened } = await playAll([...quiet, ...faulty]);
  expect(violations).toEqual([]);
  expect(ACTS.filter((what) => (happened.get(what) ?? 0) < 3)).toEqual([]);
});

it('a call that was lost before it was sent again is not told lost twice', async () => {
  const crashes = [
    { at: 104, thawMs: 3000 },
    { at: 80, thawMs: null },
    { at: 46, thawMs: null },
  ];
  const askings = { text: 'key', image: 'key', video: 'look-up' } as const;
  const script = quietScript({ seed: 9434, writer: false, askings, crashes, acts: [{ at: 28, what: 'remove' }] });
  expect((await simulated(script)).violations).toEqual([]);
});
