import { expect, it } from 'vitest';
import type { Changes, Pipeline, Project } from 'vidpipe';
import { paper, SimulatedProcess } from 'vidpipe/testing';
import { drivenTo, ForkWorld } from '../support/fork-world.ts';

/** A frame of the user's own for the first scene, and another scene. */
function changes({ scenes }: Project): Changes {
  const start = paper({ kind: 'image', width: 1280, height: 720, note: 'own' });
  return { supply: { [scenes[0]!.id]: { start } }, add: { scenes: 1 } };
}

/** What is done to a film that is half made, in a process that stops on its way. */
const DONE: Readonly<Record<string, (pipeline: Pipeline, project: Project) => Promise<unknown>>> = {
  'a fork with changes': (pipeline, project) => pipeline.fork(project.id, changes(project)),
  'an expansion': (pipeline, { id }) => pipeline.expand(id, 1),
  'a revision with supplied bytes': (pipeline, project) => pipeline.revise(project.id, changes(project)),
};

const idsIn = async (world: ForkWorld): Promise<string[]> =>
  (await world.events.list({})).items.map(({ projectId }) => projectId);

/** Stops in the midst of it at the nth probe, or goes through, then has all projects driven to their ends; answers what is wrong and the number of probes. */
async function stoppedAt(nth: number, what: string): Promise<{ readonly probes: number; readonly wrong: string[] }> {
  const world = new ForkWorld();
  const { id } = await drivenTo(world, 90);
  await world.clock.advance(3_001);
  const project = await world.spawn('reader').get(id);
  const before = JSON.stringify(await world.log(id));
  let probes = 0;
  const process = new SimulatedProcess('changer', world.clock, () => (probes += 1) === nth);
  const work = DONE[what]!(world.spawn('changer', process), project);
  await world.clock.run(Promise.race([work, process.stopped]));
  const isFork = what.startsWith('a fork');
  const wrong: string[] = [];
  if (isFork && JSON.stringify(await world.log(id)) !== before) wrong.push('the log of the parent has changed');
  const pipeline = world.spawn('driver');
  // Done anew, as somebody does who was told of nothing.
  if (isFork) await DONE[what]!(pipeline, project);
  const ids = await idsIn(world);
  if (isFork ? ![2, 3].includes(ids.length) : ids.length !== 1) wrong.push(`there are ${ids.length} projects`);
  for (const each of [id, ...ids]) {
    const { status } = await world.clock.run(pipeline.run(each));
    if (status !== 'completed') wrong.push(`${each} ends ${status}`);
  }
  for (const each of ids) wrong.push(...(await world.check(each)));
  const { scenes } = await pipeline.get(id);
  if (![project.scenes.length, project.scenes.length + 1].includes(scenes.length))
    wrong.push(`${scenes.length} scenes`);
  const real = wrong.filter((each) => !each.startsWith('I5: nothing names'));
  return { probes, wrong: real.map((each) => `${what}, stopped at ${nth}: ${each}`) };
}

it.each(Object.keys(DONE))('%s that stops anywhere is there whole or not at all', { timeout: 60_000 }, async (what) => {
  const { probes, wrong } = await stoppedAt(0, what);
  expect(probes).toBeGreaterThan(3);
  for (let nth = 1; nth <= probes; nth += 1) wrong.push(...(await stoppedAt(nth, what)).wrong);
  expect(wrong).toEqual([]);
});
