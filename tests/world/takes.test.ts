import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pipeline, type Project, type ProjectEvent, type Score, usd } from 'vidpipe';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import {
  checkProject,
  type ModelFault,
  paperMedia,
  SeededRandom,
  SimulatedProcess,
  SimulatedService,
  VirtualClock,
  worldProvider,
} from 'vidpipe/testing';
import { describe, expect, it } from 'vitest';
import { settingsFor } from '../support/world.ts';

const STEP = 4;
const askings = ['key', 'look-up'] as const;
type Asking = (typeof askings)[number];

interface Played {
  readonly probes: number;
  readonly project: Project;
  readonly events: readonly ProjectEvent[];
  readonly violations: readonly string[];
  /** Bytes that were scored, in the order of the questions. */
  readonly scored: readonly string[];
}

/** A filter takes one of the first call's takes. */
const faults: readonly ModelFault[] = [{ making: 'video', nth: 1, fault: 'partial' }];

/** Three candidates of a clip by a model that brings two in a call, and a scorer; the process that passes the probe `crashAt` stops there for ever. */
async function play(asking: Asking, crashAt: number | null): Promise<Played> {
  const clock = new VirtualClock();
  const stores = { events: memoryEvents({ now: () => clock.now() }), assets: memoryAssets() };
  const random = new SeededRandom(crashAt ?? 0);
  const service = new SimulatedService({ clock, random: new SeededRandom(1), faults });
  const workDir = join(tmpdir(), `vidpipe-takes-${randomUUID()}`);
  const scored: string[] = [];
  const score: Score = ({ digest }) => scored.push(digest) && Number.parseInt(digest.slice(-6), 16);
  let [probes, calm] = [0, true];
  const spawn = (name: string): { readonly process: SimulatedProcess; readonly pipeline: Pipeline } => {
    const process = new SimulatedProcess(name, clock, () => !calm && (probes += 1) === crashAt);
    const askingsOf = { text: asking, image: asking, video: asking };
    const pipeline = new Pipeline({
      providers: [process.provider(worldProvider(service, { askings: askingsOf, takes: 2 }))],
      events: process.events(stores.events),
      assets: process.assets(stores.assets),
      media: process.media(paperMedia()),
      score: process.score(score),
      clock: process.clock(),
      workDir,
      leaseMs: 3_000,
      random: () => random.next(),
      owner: name,
      minFreeBytes: 0,
    });
    return { process, pipeline };
  };
  try {
    const { id } = await spawn('maker').pipeline.create(settingsFor(1, { takes: 3, budget: usd('3') }));
    const { pipeline, process } = spawn('first');
    calm = false;
    const ended = pipeline.run(id).then(({ status }) => status, String);
    const first = await clock.run(Promise.race([ended, process.stopped]));
    calm = true;
    if (first === 'stopped') {
      await clock.advance(4_000);
      await clock.run(spawn('second').pipeline.run(id));
    }
    const violations = await checkProject({
      id,
      ...stores,
      open: () => spawn('checker').pipeline,
      run: (work) => clock.run(work),
      requests: () => service.requests,
      looked: () => service.looked,
      ledgers: () => ({ bills: service.bills, exact: true }),
    });
    const events = (await Array.fromAsync(stores.events.read(id))) as ProjectEvent[];
    return { probes, project: await spawn('reader').pipeline.get(id), events, violations, scored };
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

const clips = ({ project }: Played) => project.scenes[0]!.takes.filter(({ part }) => part === 'clip');

/** What is wrong with a film whose process stopped, against the one that nothing has happened to. */
function differences(at: number, whole: Played, crashed: Played): string[] {
  const { project, violations, events, scored } = crashed;
  const best = clips(crashed).toSorted((one, other) => Number(other.score) - Number(one.score))[0];
  const facts = events.filter(({ type }) => type === 'artifact.scored').length;
  return [
    ...violations,
    ...(project.status === 'completed' ? [] : [`it is ${project.status} ${JSON.stringify(project.error)}`]),
    ...(project.money.charged === whole.project.money.charged ? [] : [`charged ${project.money.charged}`]),
    ...(clips(crashed).length === 2 && best?.selected === true ? [] : [`takes ${JSON.stringify(clips(crashed))}`]),
    // Only what is not durable yet when a process stops is asked again.
    ...(facts === 2 && scored.length - facts <= 1 ? [] : [`${scored.length} questions, ${facts} answers`]),
  ].map((each) => `crash at ${at}: ${each}`);
}

describe.each(askings)('candidates and their scores, models asked again by %s', (asking) => {
  it('are bought, asked for and chosen once, whatever probe a process stops at', { timeout: 60_000 }, async () => {
    const whole = await play(asking, null);
    expect(whole).toMatchObject({ violations: [], project: { status: 'completed' } });
    expect(clips(whole).map(({ ordinal }) => ordinal)).toEqual([0, 2]);
    expect(whole.scored).toHaveLength(2);
    const wrong: string[] = [];
    for (let at = 1; at <= whole.probes; at += STEP) wrong.push(...differences(at, whole, await play(asking, at)));
    expect(wrong).toEqual([]);
  });
});
