import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline, type Project, type ProjectEvent, usd } from 'vidpipe';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { checkProject, paperMedia, SeededRandom, SimulatedProcess, VirtualClock } from 'vidpipe/testing';
import { limited, Market, outage } from '../support/model-lists.ts';
import { settingsFor } from '../support/world.ts';

let workDir: string;
beforeAll(() => void (workDir = mkdtempSync(join(tmpdir(), 'vidpipe-lists-'))));
afterAll(() => rmSync(workDir, { recursive: true, force: true }));

/** What goes wrong in a film of two scenes, when a part of it is made. */
const TROUBLES = {
  'an outage of the clip model': (model: string, nth: number) => (model === 'm:v1' && nth > 1 ? outage() : null),
  'a quota of the model that draws': (model: string, nth: number) =>
    model === 'm:i1' && nth > 2 ? limited(86_400_000) : null,
} as const;

interface Played {
  readonly probes: number;
  readonly project: Project;
  readonly violations: readonly string[];
  readonly replaced: number;
}

/** Makes the film; the process that passes the probe of this number stops there for ever, and another one goes on. */
async function play(trouble: keyof typeof TROUBLES, crashAt: number | null): Promise<Played> {
  const clock = new VirtualClock();
  const random = new SeededRandom(crashAt ?? 0);
  const stores = { events: memoryEvents({ now: () => clock.now() }), assets: memoryAssets() };
  const market = new Market(() => clock.now());
  market.turnAway = TROUBLES[trouble];
  let probes = 0;
  let serial = 0;
  let calm = true;
  const spawn = (): { readonly process: SimulatedProcess; readonly pipeline: Pipeline } => {
    const process = new SimulatedProcess(`p${(serial += 1)}`, clock, () => !calm && (probes += 1) === crashAt);
    const pipeline = new Pipeline({
      providers: [process.provider(market.provider())],
      events: process.events(stores.events),
      assets: process.assets(stores.assets),
      media: process.media(paperMedia()),
      clock: process.clock(),
      workDir,
      leaseMs: 3_000,
      retry: { tries: 2, failures: 2 },
      random: () => random.next(),
      owner: process.name,
    });
    return { process, pipeline };
  };
  const models = { image: ['m:i1', 'm:i2'], video: ['m:v1', 'm:v2'] } as const;
  const { id } = await spawn().pipeline.create(settingsFor(2, { models, budget: usd('3') }));
  calm = false;
  const first = spawn();
  const ended = first.pipeline.run(id).then(({ status }) => status, String);
  if ((await clock.run(Promise.race([ended, first.process.stopped]))) === 'stopped') {
    calm = true;
    await clock.advance(4_000);
    // What the dead process may have sent is asked again under its key; in an outage nobody answers, so that a later run has to.
    for (let runs = 0; runs < 4; runs += 1) {
      const { status } = await clock.run(spawn().pipeline.run(id));
      if (status === 'completed') break;
      market.turnAway = () => null;
    }
  }
  calm = true;
  const violations = await checkProject({
    id,
    ...stores,
    open: () => spawn().pipeline,
    run: (work) => clock.run(work),
    requests: () => market.asked.length,
    ledgers: () => ({ bills: market.bills, exact: true }),
  });
  const events = (await Array.fromAsync(stores.events.read(id))) as ProjectEvent[];
  const replaced = events.filter(({ type }) => type === 'model.replaced').length;
  return { probes, project: await spawn().pipeline.get(id), violations, replaced };
}

describe.each([
  ['an outage of the clip model', 1],
  ['a quota of the model that draws', 4],
] as const)('%s', (trouble, step) => {
  it(
    'is got over by the next model, and a crash at any probe loses and repeats nothing',
    { timeout: 120_000 },
    async () => {
      const whole = await play(trouble, null);
      expect(whole).toMatchObject({ violations: [], project: { status: 'completed' } });
      expect(whole.replaced).toBeGreaterThan(0);
      expect(whole.probes).toBeGreaterThan(100);
      const wrong: string[] = [];
      for (let at = 1; at <= whole.probes; at += step) {
        const { violations, project } = await play(trouble, at);
        if (project.status !== 'completed')
          wrong.push(`${at}: ${project.status} ${JSON.stringify(project.waiting ?? project.error)}`);
        if (project.money.charged !== whole.project.money.charged)
          wrong.push(`${at}: charged ${project.money.charged} in place of ${whole.project.money.charged}`);
        wrong.push(...violations.map((each) => `${at}: ${each}`));
      }
      expect(wrong).toEqual([]);
    },
  );
});
