import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Changes,
  type GateName,
  type Pipeline,
  type Project,
  type ProjectSettings,
  type RunResult,
  usd,
} from 'vidpipe';
import { defineProvider, perSecond, type Provider, type Reply } from 'vidpipe/provider';
import { mockTextModel, mockVideoModel, paper } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip as filmer, settingsFor, still as drawer, storyboardOf, videoOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** Parts bought since a point in the log, by the places that their scenes had at first: `1start`, `2clip`. */
function bought(first: Project, since: number): string[] {
  const places = new Map(first.scenes.map(({ id }, index) => [id, String(index + 1)]));
  const parts = world.emitted.slice(since).flatMap((event) => {
    if (event.type !== 'call.intended') return [];
    const [kind = '', scene = '', position = 'clip'] = event.body.stepId.split(':');
    return [kind === 'scenes' ? 'words' : `${places.get(scene) ?? 'new'}${position}`];
  });
  return parts.toSorted((one, other) => one.localeCompare(other));
}

interface Filmed {
  readonly pipeline: Pipeline;
  readonly first: Project;
  readonly id: string;
  /** Ids of the scenes. */
  readonly scenes: readonly string[];
  /** Revises and runs; answers what was bought and the project. */
  readonly revise: (changes: Changes) => Promise<{ readonly parts: readonly string[]; readonly project: Project }>;
}

async function filmed(
  count: number,
  more: Partial<ProjectSettings> = {},
  pipeline: Pipeline = world.pipeline(),
): Promise<Filmed> {
  const { project: first } = await world.film(pipeline, count, more);
  const { id } = first;
  expect(first.status).toBe('completed');
  const revise = async (changes: Changes): Promise<{ parts: readonly string[]; project: Project }> => {
    const since = world.emitted.length;
    const planned = await pipeline.plan(id, changes);
    await pipeline.revise(id, changes);
    const result: RunResult = await world.clock.run(pipeline.run(id));
    expect([result.status, result.project.error]).toEqual(['completed', null]);
    const parts = bought(first, since);
    expect(planned.calls).toBe(parts.length);
    const spent = result.project.money.charged - planned.charged;
    expect(planned.cost.expected).toBe(spent);
    return { parts, project: result.project };
  };
  return { pipeline, first, id, scenes: first.scenes.map((scene) => scene.id), revise };
}

const clipOf = (seconds: number, note = 'own'): Uint8Array =>
  paper({ kind: 'video', width: 1280, height: 720, seconds, note });
const still = (note = 'own'): Uint8Array => paper({ kind: 'image', width: 1280, height: 720, note });
const digests = ({ scenes }: Project): string[] => scenes.map(({ clip }) => clip?.digest.slice(7, 15) ?? '');

/** A provider with a second video model that takes no last frame. */
function twoFilmers(): Provider {
  const options = { clock: world.clock };
  const plain = mockVideoModel({
    lastFrame: false,
    ratios: ['16:9'],
    durations: [2, 3],
    price: perSecond(usd('0.05')),
    start: ({ seconds }, { callId }) => Promise.resolve({ handle: { seconds, callId } }),
    check: ({ seconds, callId }) =>
      Promise.resolve({
        state: 'succeeded',
        outputs: [{ bytes: clipOf(Number(seconds), String(callId)) }],
        usage: { seconds: Number(seconds) },
      }),
  });
  const video = { clip: filmer(options), plain };
  return defineProvider({ id: 'mock', text: { writer: mockTextModel() }, image: { still: drawer(options) }, video });
}

describe('edits', () => {
  it('of a motion prompt buy its clip alone, and reverting it buys nothing', async () => {
    const { first, scenes, revise } = await filmed(3);
    const edited = await revise({ edit: { [scenes[1]!]: { motionPrompt: 'a leap' } } });
    expect(edited.parts).toEqual(['2clip']);
    expect(edited.project.money.superseded).toBe(200_000);
    const back = await revise({ edit: { [scenes[1]!]: { motionPrompt: 'motion 2' } } });
    expect(back.parts).toEqual([]);
    expect(digests(back.project)).toEqual(digests(first));
    expect(back.project.filmAsset).toEqual(first.filmAsset);
  });

  it('of an end prompt buy the frame and the two clips at it', async () => {
    const { scenes, revise } = await filmed(3);
    const { parts } = await revise({ edit: { [scenes[0]!]: { endPrompt: 'a door' } } });
    expect(parts).toEqual(['1clip', '1end', '2clip']);
  });

  it('of a length are snapped to the model, and told of', async () => {
    const { pipeline, id, scenes, revise } = await filmed(2);
    const changes = { edit: { [scenes[1]!]: { seconds: 5.2 } } };
    expect((await pipeline.plan(id, changes)).warnings.at(-1)).toMatchObject({ code: 'adapted' });
    const { parts, project } = await revise(changes);
    expect(parts).toEqual(['2clip']);
    expect(project.scenes.map(({ seconds }) => seconds)).toEqual([4, 6]);
    expect(project.filmAsset?.seconds).toBe(10);
  });

  it('of how a scene enters, of its cast and its sound buy what reads them', async () => {
    const inner = videoOf(filmer({ clock: world.clock }));
    const video = mockVideoModel({
      audio: true,
      price: perSecond(usd('0.05')),
      start: (request, call) => inner.start({ ...request, audio: false }, call),
      check: (handle, call) => inner.check(handle, call),
    });
    const { scenes, revise } = await filmed(2, { audio: true }, world.pipeline({ video }));
    expect((await revise({ edit: { [scenes[1]!]: { enters: 'cut' } } })).parts).toEqual(['2clip', '2start']);
    expect((await revise({ edit: { [scenes[1]!]: { enters: 'continue' } } })).parts).toEqual([]);
    expect((await revise({ edit: { [scenes[1]!]: { audio: { music: 'drums' } } } })).parts).toEqual(['2clip']);
    expect((await revise({ edit: { [scenes[1]!]: { audio: null } } })).parts).toEqual([]);
    expect((await revise({ edit: { [scenes[1]!]: { cast: [] } } })).parts).toEqual(['2clip', '2end']);
  });

  it('of the sound of a silent film buy nothing', async () => {
    const { scenes, revise } = await filmed(1);
    expect((await revise({ edit: { [scenes[0]!]: { audio: { music: 'drums' } } } })).parts).toEqual([]);
  });
});

describe('the order of scenes', () => {
  it('removing one buys the clip after it anew, and nothing when the film may jump', async () => {
    const { first, scenes, revise } = await filmed(4);
    const jump = await revise({ remove: [scenes[1]!], continuity: 'leave' });
    expect(jump.parts).toEqual([]);
    expect(jump.project.scenes.map(({ id }) => id)).toEqual([scenes[0], scenes[2], scenes[3]]);
    expect(jump.project.scenes[1]?.start).toEqual(first.scenes[2]?.start);
    const repaired = await revise({ remove: [scenes[2]!] });
    expect(repaired.parts).toEqual(['4clip']);
  });

  it('a scene that becomes first keeps its start, and goes on from the one before when it is not first any more', async () => {
    const { first, scenes, revise } = await filmed(2);
    const moved = await revise({ move: { [scenes[1]!]: { before: scenes[0]! } } });
    expect(moved.project.scenes[0]?.start).toEqual(first.scenes[1]?.start);
    expect(moved.parts).toEqual([]);
    const back = await revise({ move: { [scenes[1]!]: { before: null } } });
    expect(back.parts).toEqual([]);
    expect(digests(back.project)).toEqual(digests(first));
    const edited = await revise({ edit: { [scenes[0]!]: { endPrompt: 'other' } } });
    expect(edited.parts).toEqual(['1clip', '1end', '2clip']);
  });

  it('scenes of the user are put where they belong, and asked-for ones before the scene that is named', async () => {
    const text = mockTextModel({
      generate: ({ prompt }): Promise<Reply> => {
        expect(prompt).toContain('before scene 2');
        const bytes = new TextEncoder().encode(JSON.stringify({ scenes: storyboardOf(1).scenes }));
        return Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: {} });
      },
    });
    const { pipeline, id, scenes } = await filmed(2, {}, world.pipeline({ text }));
    const own = { description: 'd', startPrompt: 's', endPrompt: 'e', motionPrompt: 'm' };
    await pipeline.revise(id, { add: { scenes: [{ ...own, seconds: 7 }], before: scenes[0]! } });
    await pipeline.revise(id, { add: { scenes: 1, before: scenes[0]! } });
    const { status, project } = await world.clock.run(pipeline.run(id));
    expect(status).toBe('completed');
    expect(project.scenes.map(({ seconds }) => seconds)).toEqual([6, 4, 4, 4]);
    expect(project.scenes.map(({ id: each }) => each).slice(2)).toEqual(scenes);
  });
});

describe('takes', () => {
  it('a retake buys one more, is used, costs, and can be taken back by choice', async () => {
    const { first, id, pipeline, scenes, revise } = await filmed(1);
    const plan = await pipeline.plan(id, { retake: { [scenes[0]!]: ['clip'] } });
    expect(plan.steps.find(({ kind }) => kind === 'clip')).toMatchObject({ action: 'remake', takes: 1 });
    expect(plan.superseded).toEqual([`clip:${scenes[0]}`]);
    const { parts, project } = await revise({ retake: { [scenes[0]!]: ['clip'] } });
    expect(parts).toEqual(['1clip']);
    const takes = project.scenes[0]!.takes.filter(({ part }) => part === 'clip');
    expect(takes.map(({ ordinal, selected, source, microUsd }) => [ordinal, selected, source, microUsd])).toEqual([
      [0, false, 'generated', 200_000],
      [1, true, 'generated', 200_000],
    ]);
    const chosen = await revise({ select: { [scenes[0]!]: takes[0]!.id } });
    expect(chosen.parts).toEqual([]);
    expect(digests(chosen.project)).toEqual(digests(first));
    expect((await revise({ retake: { [scenes[0]!]: ['clip'] } })).parts).toEqual(['1clip']);
  });

  it('a retaken frame waits with its clips until it is there', async () => {
    const { scenes, revise } = await filmed(2);
    const { parts } = await revise({ retake: { [scenes[0]!]: ['end', 'clip'] } });
    expect(parts).toEqual(['1clip', '1end', '2clip']);
  });

  it('a take of older words can be chosen, until the words change again', async () => {
    const { first, scenes, revise } = await filmed(1);
    const old = first.scenes[0]!.takes.find(({ part }) => part === 'clip')!;
    await revise({ edit: { [scenes[0]!]: { motionPrompt: 'other' } } });
    const chosen = await revise({ select: { [scenes[0]!]: old.id } });
    expect(digests(chosen.project)).toEqual(digests(first));
    expect((await revise({ edit: { [scenes[0]!]: { motionPrompt: 'third' } } })).parts).toEqual(['1clip']);
    const again = await revise({ edit: { [scenes[0]!]: { motionPrompt: 'other' } } });
    expect([again.parts, digests(again.project)]).toEqual([[], digests(first)]);
  });
});

describe('what is held', () => {
  it('an own clip gives its frames to its neighbours before frames are approved', async () => {
    const pipeline = world.pipeline();
    const { id, scenes } = await pipeline.create(settingsFor(2, { gates: ['keyframes'] }));
    await pipeline.revise(id, { supply: { [scenes[0]!.id]: { clip: clipOf(4) } } });
    const result = await world.clock.run(pipeline.run(id));
    expect(result).toMatchObject({ status: 'waiting', waiting: { gate: 'keyframes' } });
    expect(result.project.scenes[1]?.end).not.toBeNull();
  });

  it('an own clip sets the length, gives its frames to its neighbours, and stays when they change', async () => {
    const { pipeline, id, scenes, revise } = await filmed(3);
    const { parts, project } = await revise({ supply: { [scenes[1]!]: { clip: clipOf(2.5) } } });
    expect(parts).toEqual(['1clip', '3clip']);
    expect(project.scenes[1]).toMatchObject({ seconds: 2.5, clip: { seconds: 2.5 } });
    expect(project.scenes[1]?.end).not.toBeNull();
    expect(project.filmAsset?.seconds).toBe(10.5);
    expect(project.scenes[1]?.takes.at(-1)).toMatchObject({ source: 'supplied', selected: true, microUsd: 0 });
    expect((await revise({ edit: { [scenes[1]!]: { endPrompt: 'other' } } })).parts).toEqual([]);
    const words = { edit: { [scenes[1]!]: { motionPrompt: 'other' } } };
    expect((await pipeline.plan(id, words)).warnings.at(-1)).toMatchObject({ code: 'let-go' });
    await expect(pipeline.revise(id, { edit: { [scenes[1]!]: { seconds: 6 } } })).rejects.toThrow(
      'supplied clip has 2.5',
    );
    expect((await revise(words)).parts).toContain('2clip');
    const supplied = project.scenes[1]!.takes.at(-1)!.id;
    await revise({ select: { [scenes[1]!]: supplied } });
    expect((await pipeline.get(id)).scenes[1]?.clip?.digest).toBe(project.scenes[1]?.clip?.digest);
    expect((await revise({ retake: { [scenes[1]!]: ['clip'] } })).parts).toEqual(['2clip']);
  });

  it('an own frame is fitted, used by both clips, and let go by a retake', async () => {
    const { first, scenes, revise } = await filmed(2);
    const small = paper({ kind: 'image', width: 64, height: 36, note: 'small' });
    const { parts, project } = await revise({ supply: { [scenes[0]!]: { end: small } } });
    expect(parts).toEqual(['1clip', '2clip']);
    expect(project.scenes[0]?.end).toMatchObject({ width: 1280, height: 720 });
    expect(project.steps.find(({ id }) => id === `keyframe:${scenes[0]}:end`)?.held).toBe('supplied');
    const retaken = await revise({ retake: { [scenes[0]!]: ['end'] } });
    expect(retaken.parts).toEqual(['1clip', '1end', '2clip']);
    expect(retaken.project.scenes[0]?.end).not.toEqual(first.scenes[0]?.end);
  });

  it('an own first frame in a chain is a jump', async () => {
    const { scenes, revise } = await filmed(2);
    const { parts, project } = await revise({ supply: { [scenes[1]!]: { start: still() } } });
    expect(parts).toEqual(['2clip']);
    expect(project.scenes[1]?.start).not.toEqual(project.scenes[0]?.end);
  });

  it('a kept clip stays with other words and settings, until a frame of it changes', async () => {
    const { pipeline, id, first, scenes, revise } = await filmed(2);
    const kept = await revise({ keep: { [scenes[0]!]: ['clip'] }, edit: { [scenes[0]!]: { motionPrompt: 'typo' } } });
    expect([kept.parts, digests(kept.project)]).toEqual([[], digests(first)]);
    const gone = { retake: { [scenes[0]!]: ['end'] as const } };
    expect((await pipeline.plan(id, gone)).warnings.at(-1)).toMatchObject({ code: 'let-go' });
    expect((await revise(gone)).parts).toEqual(['1clip', '1end', '2clip']);
  });

  it('redraw takes the later end frames of the chain anew, leave keeps the neighbour as it is', async () => {
    const { scenes, revise } = await filmed(3);
    expect((await revise({ edit: { [scenes[0]!]: { endPrompt: 'one' } }, continuity: 'leave' })).parts).toEqual([
      '1clip',
      '1end',
    ]);
    const { parts } = await revise({ retake: { [scenes[0]!]: ['end'] }, continuity: 'redraw' });
    expect(parts).toEqual(['1clip', '1end', '2clip', '2end', '3clip', '3end']);
  });
});

describe('settings', () => {
  it('of the look change all, or only what is missing', async () => {
    const { first, scenes, revise } = await filmed(2);
    const kept = await revise({ settings: { style: 'woodcut', apply: 'missing' } });
    expect([kept.parts, digests(kept.project)]).toEqual([[], digests(first)]);
    expect((await revise({ edit: { [scenes[1]!]: { endPrompt: 'other' } } })).parts).toEqual(['2clip', '2end']);
    const fresh = await filmed(1);
    const all = await fresh.revise({ settings: { style: 'woodcut' } });
    expect(all.parts).toEqual(['1clip', '1end', '1start']);
  });

  it('of the ratio can not leave what is made as it is; before anything is made they can', async () => {
    const { pipeline, id, revise } = await filmed(1);
    const before = await world.types(id);
    const wish = { settings: { ratio: '9:16', apply: 'missing' } } as const;
    for (const ask of [pipeline.revise(id, wish), pipeline.plan(id, wish)])
      await expect(ask).rejects.toThrow(
        "settings.ratio: a film has one ratio, and what apply: 'missing' would keep has 16:9",
      );
    expect(await world.types(id)).toEqual(before);
    const { project, parts } = await revise({ settings: { ratio: '9:16' } });
    expect(parts).toEqual(['1clip', '1end', '1start']);
    expect(project.scenes[0]?.clip).toMatchObject({ width: 720, height: 1280 });
    expect((await revise({ settings: { ratio: '9:16', style: 'ink', apply: 'missing' } })).parts).toEqual([]);
    const fresh = await pipeline.create(settingsFor(1));
    expect((await pipeline.revise(fresh.id, wish)).settings.ratio).toBe('9:16');
  });

  it('another video model without last frames is agreed with anew, and takes frames from clips', async () => {
    const { pipeline, scenes, id, revise } = await filmed(2, {}, world.pipeline({}, { providers: [twoFilmers()] }));
    await expect(pipeline.revise(id, { settings: { models: { video: 'mock:plain' }, ratio: '9:16' } })).rejects.toThrow(
      'settings.ratio: mock:plain makes 16:9',
    );
    await expect(pipeline.revise(id, { settings: { models: { video: 'mock:clap' } } })).rejects.toThrow('mock:clip');
    const { parts, project } = await revise({ settings: { models: { video: 'mock:plain' } } });
    expect(parts).toEqual(['1clip', '2clip']);
    expect(project.scenes.map(({ seconds }) => seconds)).toEqual([3, 3]);
    expect(project.settings).toMatchObject({ clipDuration: 3, models: { video: ['mock:plain'] } });
    expect(project.warnings.map(({ code }) => code)).toContain('sequential');
    await expect(pipeline.revise(id, { supply: { [scenes[0]!]: { end: still() } } })).rejects.toThrow('no last frame');
    const own = await revise({ supply: { [scenes[0]!]: { clip: clipOf(2) } } });
    expect(own.parts).toEqual(['2clip']);
    expect(own.project.scenes.map(({ start }) => start === null)).toEqual([false, false]);
  });

  it('a retired model is not asked for what is kept', async () => {
    const { scenes, first, revise } = await filmed(2, {}, world.pipeline({}, { providers: [twoFilmers()] }));
    const { parts, project } = await revise({ settings: { models: { video: 'mock:plain' }, apply: 'missing' } });
    expect([parts, digests(project)]).toEqual([[], digests(first)]);
    expect((await revise({ retake: { [scenes[1]!]: ['clip'] } })).parts).toEqual(['2clip']);
  });

  it("of money are the pool's: a raised budget lets a film go on", async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 1, { budget: usd('0.1') });
    expect(project.waiting?.reason).toBe('budget');
    await pipeline.revise(project.id, { settings: { budget: usd('5') } });
    expect(await world.events.pool(`project/${project.id}`)).toMatchObject({ cap: 5_000_000 });
    expect((await world.clock.run(pipeline.run(project.id))).status).toBe('completed');
  });
});

describe('a rewrite', () => {
  const writer = (): ReturnType<typeof mockTextModel> => {
    let nth = 0;
    return mockTextModel({
      generate: ({ prompt }): Promise<Reply> => {
        nth += 1;
        const count = Number(/Scenes: (\d+)/.exec(prompt)?.[1]);
        const scenes = storyboardOf(count).scenes.map((scene) => ({
          ...scene,
          motionPrompt: `${scene.motionPrompt} ${nth}`,
        }));
        const bytes = new TextEncoder().encode(JSON.stringify({ scenes }));
        return Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: {} });
      },
    });
  };

  it('asks the writer once for all of them, and what is made waits for the words', async () => {
    const { pipeline, id, first, scenes } = await filmed(3, {}, world.pipeline({ text: writer() }));
    const since = world.emitted.length;
    const planned = await pipeline.plan(id, { rewrite: [scenes[2]!, scenes[1]!] });
    expect(planned.steps.filter(({ action }) => action === 'make').map(({ kind }) => kind)).toEqual(['scenes']);
    await pipeline.revise(id, { rewrite: [scenes[2]!, scenes[1]!] });
    await expect(pipeline.revise(id, { edit: { [scenes[1]!]: { endPrompt: 'x' } } })).rejects.toThrow('written anew');
    const { project } = await world.clock.run(pipeline.run(id));
    expect(bought(first, since)).toEqual(['2clip', '2end', '2start', '3clip', '3end', 'words']);
    expect(project.scenes.map(({ id: each, motionPrompt }) => [each, motionPrompt])).toEqual([
      [scenes[0], 'motion 1'],
      [scenes[1], 'motion 1 1'],
      [scenes[2], 'motion 2 1'],
    ]);
  });

  it('of scenes that are removed meanwhile is not asked for', async () => {
    const { pipeline, id, scenes } = await filmed(2, {}, world.pipeline({ text: writer() }));
    await pipeline.revise(id, { rewrite: [scenes[1]!] });
    const since = world.emitted.length;
    await pipeline.revise(id, { remove: [scenes[1]!] });
    const { status, project } = await world.clock.run(pipeline.run(id));
    expect([status, project.scenes.length]).toEqual(['completed', 1]);
    expect(world.emitted.slice(since).map(({ type }) => type)).not.toContain('call.intended');
  });
});

describe('a revision while a run is on', () => {
  it('lets the call in flight finish as a take, shows its cost as superseded, and makes what is wanted now', async () => {
    const pipeline = world.pipeline();
    const { id, scenes } = await pipeline.create(settingsFor(1));
    const scene = scenes[0]!.id;
    const revisions: Promise<unknown>[] = [];
    pipeline.on('call.submitted', () => {
      if (revisions.length === 0) revisions.push(pipeline.revise(id, { edit: { [scene]: { motionPrompt: 'other' } } }));
    });
    const result = await world.clock.run(pipeline.run(id));
    expect(await Promise.all(revisions)).toHaveLength(1);
    expect(result.status).toBe('completed');
    const takes = result.project.scenes[0]!.takes.filter(({ part }) => part === 'clip');
    expect(takes.map(({ selected }) => selected)).toEqual([false, true]);
    expect(result.project.money).toEqual({ charged: 440_000, held: 0, unknown: 0, superseded: 200_000 });
  });

  it('takes scenes out that are under way, and the run ends with the others', async () => {
    const pipeline = world.pipeline();
    const { id, scenes } = await pipeline.create(settingsFor(3));
    const revisions: Promise<unknown>[] = [];
    pipeline.on('call.intended', ({ body }) => {
      if (body.kind !== 'video' || revisions.length > 0) return;
      revisions.push(pipeline.revise(id, { remove: [scenes[0]!.id, scenes[1]!.id] }));
    });
    const result = await world.clock.run(pipeline.run(id));
    expect(await Promise.all(revisions)).toHaveLength(1);
    expect(result).toMatchObject({ status: 'completed', project: { money: { held: 0, unknown: 0 } } });
    expect(result.project.scenes.map(({ id: each }) => each)).toEqual([scenes[2]!.id]);
    expect(result.project.scenes[0]?.clip).not.toBeNull();
  });

  it('of two editors at once both count, whoever is first', async () => {
    const { id, scenes } = await world.pipeline().create(settingsFor(2));
    const [one, other] = [world.pipeline(), world.pipeline()];
    await world.clock.run(
      Promise.all([
        one.revise(id, { edit: { [scenes[0]!.id]: { motionPrompt: 'one' } } }),
        other.revise(id, { edit: { [scenes[0]!.id]: { endPrompt: 'other' } } }),
        other.revise(id, { move: { [scenes[1]!.id]: { before: scenes[0]!.id } } }),
      ]),
    );
    const { scenes: now } = await one.get(id);
    expect(now.map(({ id: each }) => each)).toEqual([scenes[1]!.id, scenes[0]!.id]);
    expect(now[1]).toMatchObject({ motionPrompt: 'one', endPrompt: 'other' });
  });
});

describe('gates', () => {
  /** Makes a film, changes it, and answers the gate at which the run after that waits. */
  async function gateAfter(gates: readonly GateName[], changes: (scene: string) => Changes): Promise<string | null> {
    const pipeline = world.pipeline();
    const { id, scenes } = await pipeline.create(settingsFor(1, { gates }));
    const run = async (): Promise<GateName | null> => {
      const { waiting } = (await world.clock.run(pipeline.run(id))).project;
      return waiting?.reason === 'gate' ? waiting.gate : null;
    };
    const finish = async (): Promise<void> => {
      for (let gate = await run(); gate !== null; gate = await run())
        await pipeline.approve(id, gate, (await pipeline.plan(id)).digest);
      expect((await pipeline.get(id)).status).toBe('completed');
    };
    await finish();
    await pipeline.revise(id, changes(scenes[0]!.id));
    const gate = await run();
    await finish();
    return gate;
  }

  const later = ['storyboard', 'keyframes', 'clips'] as const;
  const cases: readonly [string, readonly GateName[], (scene: string) => Changes][] = [
    ['plan', ['plan', ...later], () => ({ settings: { style: 'ink' } })],
    ['storyboard', ['plan', ...later], (scene) => ({ edit: { [scene]: { motionPrompt: 'm' } } })],
    ['keyframes', later, (scene) => ({ retake: { [scene]: ['end'] } })],
    ['clips', later, (scene) => ({ retake: { [scene]: ['clip'] } })],
    ['plan', ['plan', ...later], (scene) => ({ retake: { [scene]: ['clip'] } })],
  ];

  it.each(cases)('%s closes again where a change is decided there, of %s', async (gate, gates, changes) => {
    expect(await gateAfter(gates, changes)).toBe(gate);
  });
});

describe('changes that can not be made', () => {
  const cases: readonly [string, (scenes: readonly string[]) => unknown, string][] = [
    ['a scene that is not there', () => ({ edit: { nobody: { endPrompt: 'x' } } }), 'no scene nobody'],
    ['all scenes away', (scenes) => ({ remove: scenes }), 'needs a scene'],
    ['an edit of what goes', ([a]) => ({ remove: [a], edit: { [a!]: { endPrompt: 'x' } } }), 'remove the scene'],
    ['a move before what goes', ([a, b]) => ({ remove: [a], move: { [b!]: { before: a } } }), 'remove the scene'],
    ['a move before itself', ([a]) => ({ move: { [a!]: { before: a } } }), 'before itself'],
    [
      'two moves that exclude',
      ([a, b]) => ({ move: { [a!]: { before: b }, [b!]: { before: a } } }),
      'is to come before',
    ],
    ['a take that was never made', ([a]) => ({ select: { [a!]: 'clip-000000000000' } }), 'has no take'],
    ['a border frame again', ([, b]) => ({ retake: { [b!]: ['start'] } }), 'retake that'],
    ['a retake of what is kept', ([a]) => ({ retake: { [a!]: ['clip'] }, keep: { [a!]: ['clip'] } }), 'exclude'],
    [
      'a kept clip with new frames',
      ([a]) => ({ keep: { [a!]: ['clip'] }, edit: { [a!]: { endPrompt: 'x' } } }),
      'keep its start and end',
    ],
    ['an edit of what is rewritten', ([a]) => ({ rewrite: [a], edit: { [a!]: { endPrompt: 'x' } } }), 'written anew'],
    [
      'a length beside an own clip',
      ([a]) => ({ supply: { [a!]: { clip: clipOf(3) } }, edit: { [a!]: { seconds: 4 } } }),
      'sets the length',
    ],
    ['a picture as a clip', ([a]) => ({ supply: { [a!]: { clip: still() } } }), 'as a video: it is image/png'],
    ['a file that is not there', ([a]) => ({ supply: { [a!]: { start: '/nowhere/x.png' } } }), 'ENOENT'],
    ['an unknown word', () => ({ retakes: {} }), 'retakes'],
    ['an unknown word of a scene', ([a]) => ({ edit: { [a!]: { prompt: 'x' } } }), 'prompt'],
    ['an own scene without words', () => ({ add: { scenes: [{ description: 'd' }] } }), 'add.scenes.0.startPrompt'],
    ['half a pair', ([a]) => ({ edit: { [a!]: { endPrompt: '\ud800' } } }), 'lone surrogate'],
    ['a budget below nothing', () => ({ settings: { budget: -1 } }), 'settings.budget'],
    ['an absurd budget', () => ({ settings: { budget: Infinity } }), 'settings.budget'],
    ['another storyboard', () => ({ settings: { storyboard: storyboardOf(1) } }), 'storyboard: it is fixed'],
    ['fewer scenes than there are', () => ({ settings: { maxScenes: 1 } }), 'settings.maxScenes'],
    ['options of nobody', () => ({ settings: { options: { acme: { a: 1 } } } }), 'no provider'],
    [
      'a fade that is too long',
      ([a]) => ({ settings: { transition: { kind: 'fade', seconds: 3 } }, edit: { [a!]: { seconds: 4 } } }),
      'transition',
    ],
    ['settings of no shape', () => ({ settings: { references: 5, models: 7 } }), 'settings.references'],
    [
      'a kept clip that is too short',
      ([a]) => ({ keep: { [a!]: ['clip'] }, edit: { [a!]: { seconds: 8 } } }),
      'it has 4 s, the scene has 8 s',
    ],
    ['nothing at all', () => null, 'changes'],
  ];

  it('are refused with a typed error, and nothing is changed', async () => {
    const { pipeline, id, first, scenes } = await filmed(2);
    const stored = (await Array.fromAsync(world.assets.list())).length;
    for (const [, changes, message] of cases) {
      const refused = { code: 'invalid-change', message: expect.stringContaining(message) as string };
      await expect(pipeline.plan(id, changes(scenes) as Changes)).rejects.toMatchObject(refused);
      await expect(pipeline.revise(id, changes(scenes) as Changes)).rejects.toMatchObject(refused);
    }
    expect((await pipeline.get(id)).seq).toBe(first.seq);
    expect(await Array.fromAsync(world.assets.list())).toHaveLength(stored);
  });

  it('names all of them, and retakes nothing that was never made', async () => {
    const pipeline = world.pipeline();
    const { id, scenes } = await pipeline.create(settingsFor(1));
    const changes = { retake: { [scenes[0]!.id]: ['start', 'clip'] as const }, remove: ['nobody'] };
    await expect(pipeline.revise(id, changes)).rejects.toMatchObject({ details: { issues: { length: 3 } } });
    await expect(pipeline.revise(id, { keep: { [scenes[0]!.id]: ['clip'] } })).rejects.toThrow('nothing is made');
  });

  it('a choice that the same changes end is refused', async () => {
    const { pipeline, id, first, scenes } = await filmed(1);
    const take = first.scenes[0]!.takes.find(({ part }) => part === 'clip')!;
    const changes = { select: { [scenes[0]!]: take.id }, edit: { [scenes[0]!]: { motionPrompt: 'x' } } };
    await expect(pipeline.revise(id, changes)).rejects.toThrow('keep it instead');
  });
});
