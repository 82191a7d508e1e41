// Sweeps a short film until the first violation, and prints it. Run by `controls.ts` within a copy of the build.
import { LONGEST_THAW_MS, quietScript, type Script } from 'vidpipe/testing';
import { askings, scriptOf, simulated } from '../support/simulation.ts';

/** Too little for the film, so that a reservation matters. */
const BUDGET = 130_000;

function* scripts(probes: number): Generator<Script> {
  for (const asking of askings) {
    const all = { text: asking, image: asking, video: asking };
    yield quietScript({ askings: all, modelFaults: [{ making: 'image', nth: 1, fault: 'refused' }] });
    yield quietScript({ askings: all, budget: BUDGET });
    yield scriptOf('refused and blocked', asking);
  }
  for (let at = 1; at <= probes; at += 1)
    for (const asking of ['look-up', 'neither'] as const)
      for (const thawMs of [LONGEST_THAW_MS, null])
        yield quietScript({
          writer: false,
          scenes: 1,
          askings: { text: asking, image: asking, video: asking },
          crashes: [{ at, thawMs }],
        });
}

const { probes } = await simulated(quietScript({ writer: false, scenes: 1 }));
for (const script of scripts(probes.length)) {
  const [violation] = (await simulated(script)).violations;
  if (violation === undefined) continue;
  console.log(violation, JSON.stringify(script));
  break;
}
