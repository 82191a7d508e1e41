import { describe, expect, it } from 'vitest';
import { mockImageModel, mockTextModel, mockVideoModel } from 'vidpipe/testing';
import { change } from '../../src/project/changes.ts';
import type { ChangeGiven, Changes, NewScene } from '../../src/project/changes/types.ts';
import type { EventBodies, EventDraft, MadeAsset } from '../../src/project/events.ts';
import { InvalidChangeError } from '../../src/errors/index.ts';
import { planSteps } from '../../src/project/graph.ts';
import { takeIdOf } from '../../src/project/takes.ts';
import type { Digest, ModelEntry, ModelId } from '../../src/spec/index.ts';
import { created, sceneNamed, started, success, TestLog } from './build.ts';

const digest = (nth: number): Digest => `sha256-${String(nth).padStart(64, '0')}`;
const short = mockVideoModel({ durations: [2, 3], audio: true }).entry('short');
const catalogue = new Map<ModelId, ModelEntry>([
  ['x:t', mockTextModel().entry('t')],
  ['x:i', mockImageModel().entry('i')],
  ['x:v', mockVideoModel({ audio: true }).entry('v')],
  ['x:short', short],
]);

/** A film of two scenes, `a` and `b`, in one chain; of none where its words are still to be written. */
function film(scenes: readonly string[] | null = ['a', 'b'], more: readonly EventDraft[] = []): TestLog {
  const log = new TestLog();
  const list = scenes?.map((id, nth) => sceneNamed(id, nth === 0 ? 'cut' : 'continue')) ?? null;
  log.append(created(list), started('r'), ...more);
  return log;
}

function completed(log = film()): TestLog {
  for (;;) {
    const step = planSteps(log.state).find(({ status }) => status === 'ready');
    if (step === undefined) return log;
    log.append(...success(step, 'r'));
  }
}

function changed(log: TestLog, changes: Changes, supplied: Readonly<Record<string, MadeAsset>> = {}): EventDraft[] {
  let next = 0;
  const given: ChangeGiven = {
    catalogue,
    at: '2026-01-01T00:00:00.000Z',
    supplied: new Map(Object.entries(supplied)),
    references: [],
    newId: () => `id${(next += 1)}`,
  };
  return change(log.state, changes, given);
}

/** What is wrong with changes. */
function issues(...[log, changes, supplied]: Parameters<typeof changed>): readonly string[] {
  try {
    changed(log, changes, supplied);
  } catch (error) {
    if (error instanceof InvalidChangeError) return error.details['issues'] as string[];
    throw error;
  }
  throw new Error('nothing was wrong');
}

const settingsAfter = (log: TestLog, settings: NonNullable<Changes['settings']>): unknown => {
  const [event] = changed(log, { settings });
  return event?.type === 'settings.changed' ? event.body.settings : event;
};
const requested = (lengths: readonly number[], rewrites?: readonly string[]): EventDraft => ({
  type: 'scenes.requested',
  body: { requestId: 'q', lengths, before: null, direction: null, ...(rewrites && { rewrites }) },
});
const own: NewScene = { description: 'd', startPrompt: 's', endPrompt: 'e', motionPrompt: 'm' };
const clipOf = (nth: number, seconds?: number): MadeAsset => ({
  asset: { digest: digest(nth), mediaType: 'video/mp4', size: 1, ...(seconds === undefined ? {} : { seconds }) },
});

describe('changed settings', () => {
  it('keep what is not named of those that have parts', () => {
    const log = film();
    expect(settingsAfter(log, { onUnknown: { video: 'fail' } })).toEqual({
      onUnknown: { text: 'resubmit', image: 'resubmit', video: 'fail' },
    });
    expect(settingsAfter(log, { safety: { onRefused: 'skip' } })).toEqual({
      safety: { remedies: [], onRefused: 'skip' },
    });
    expect(settingsAfter(log, { takes: 3, seed: 5 })).toEqual({ takes: 3, seed: 5 });
  });

  it('have a negative prompt of their own, none, or that of the other style where it was by style', () => {
    const log = film();
    expect(settingsAfter(log, { negativePrompt: 'rain' })).toEqual({ negativePrompt: 'rain' });
    expect(settingsAfter(log, { style: 'woodcut' })).toEqual({ style: 'woodcut' });
    const styled = 'photorealistic, photograph, watermark, logo, blurry, deformed';
    log.append({ type: 'settings.changed', body: { settings: { negativePrompt: styled } } });
    expect(settingsAfter(log, { negativePrompt: '' })).toEqual({ negativePrompt: null });
    expect(settingsAfter(log, { style: 'cinematic' })).toEqual({
      style: 'cinematic',
      negativePrompt: 'watermark, logo, blurry, deformed',
    });
  });

  it('round the length of clips to one of the model', () => {
    expect(settingsAfter(film(), { clipDuration: 7.2 })).toEqual({ clipDuration: 8 });
    expect(changed(film(), { settings: { clipDuration: 4.4 } })).toEqual([]);
  });

  it('change nothing where scenes that are to be written would be too long for another model', () => {
    expect(issues(film(['a'], [requested([4, 8])]), { settings: { models: { video: 'x:short' } } })).toEqual([
      'settings.models.video: scenes of 4, 8 s are still to be written; the model makes at most 3 s',
    ]);
    const [, edit] = changed(film(['a']), { settings: { models: { video: 'x:short' } } });
    expect(edit).toMatchObject({ type: 'scene.edited', body: { sceneId: 'a', words: { seconds: 3 } } });
  });
});

describe('scenes', () => {
  it('may all go where others of your own come', () => {
    expect(issues(film(), { remove: ['a', 'b'] })).toEqual([
      'remove: a film needs a scene; keep one, or add one of your own',
    ]);
    const events = changed(film(), { remove: ['a', 'b'], add: { scenes: [own] } });
    expect(events.map(({ type }) => type)).toEqual(['scene.removed', 'scene.removed', 'scenes.supplied']);
  });

  it.each<[string, TestLog, Changes, string]>([
    ['moved that is not there', film(), { move: { c: { before: 'a' } } }, 'move.c: the film has no scene c'],
    ['added before none', film(), { add: { scenes: 1, before: 'c' } }, 'add.before: the film has no scene c'],
    [
      'added to no words',
      film(null),
      { add: { scenes: [own] } },
      'add: scenes of your own go into a storyboard that is written',
    ],
    [
      'directed though its words are there',
      film(),
      { add: { scenes: [own], direction: 'x' } },
      'add.direction: it is for scenes that are to be written',
    ],
    ['written anew before there is one', film(null), { rewrite: 'all' }, 'rewrite: there are no scenes yet'],
    ['written anew that is not there', film(), { rewrite: ['c'] }, 'rewrite: the film has no scene c'],
    [
      'written anew twice',
      film(['a'], [requested([4], ['a'])]),
      { rewrite: 'all' },
      'rewrite: the scene a is to be written anew first',
    ],
    [
      'selected from while it is written anew',
      film(['a'], [requested([4], ['a'])]),
      { select: { a: 'clip-0' } },
      'select.a: the scene a is to be written anew first',
    ],
    [
      'retaken while it is written anew',
      film(['a'], [requested([4], ['a'])]),
      { retake: { a: ['clip'] } },
      'retake.a: the scene a is to be written anew first',
    ],
  ])('are refused where one is %s', (_, log, changes, issue) => {
    expect(issues(log, changes)).toContain(issue);
  });
});

describe('frames and clips of your own', () => {
  it('need a length, if they are clips, and bytes that are not blocked', () => {
    const changes = { supply: { a: { clip: 'x' } } };
    expect(issues(film(), changes, { 'clip:a': clipOf(1) })).toEqual(['supply.a.clip: its length can not be told']);
    const blocked: EventBodies['artifact.blocked'] = {
      digest: digest(1),
      by: 'user',
      stepId: 'clip:b',
      reasons: ['no'],
      codes: [],
    };
    const log = film(['a', 'b'], [{ type: 'artifact.blocked', body: blocked }]);
    expect(issues(log, changes, { 'clip:a': clipOf(1, 4) })).toEqual(['supply.a.clip: these bytes are blocked']);
    const fitted = { ...clipOf(2, 4), original: clipOf(1, 4).asset };
    expect(issues(log, changes, { 'clip:a': fitted })).toEqual(['supply.a.clip: these bytes are blocked']);
  });

  it('are longer than the scene can be asked to be', () => {
    const log = film(['a'], [{ type: 'artifact.supplied', body: { stepId: 'clip:a', made: clipOf(1, 4) } }]);
    expect(issues(log, { edit: { a: { seconds: 6 } } })).toEqual([
      'edit.a.seconds: its supplied clip has 4 s; supply a longer one, or retake it',
    ]);
    expect(changed(log, { edit: { a: { seconds: 3 } } })).toMatchObject([{ body: { words: { seconds: 3 } } }]);
  });

  it('that are kept stay supplied, with the bytes as they were delivered', () => {
    const made = { ...clipOf(2, 4), original: clipOf(1, 4).asset };
    const log = completed(film(['a'], [{ type: 'artifact.supplied', body: { stepId: 'clip:a', made } }]));
    const events = changed(log, { edit: { a: { motionPrompt: 'other' } }, keep: { a: ['clip'] } });
    expect(events.at(-1)).toEqual({ type: 'artifact.supplied', body: { stepId: 'clip:a', made } });
  });

  it('can not be chosen where they do not fit any more', () => {
    const log = completed();
    const supply = {
      type: 'artifact.supplied',
      body: {
        stepId: 'keyframe:a:end',
        made: {
          asset: { digest: digest(7), mediaType: 'image/png', size: 1, width: 640, height: 360 },
        },
      },
    } as const;
    log.append(supply, { type: 'artifact.released', body: { stepId: 'keyframe:a:end' } });
    const still = takeIdOf('end', supply.body.made.asset);
    expect(issues(log, { select: { a: still } })).toEqual([
      'select.a.end: it has 640×360 pixels, the film has 1280×720',
    ]);
    log.append(
      { type: 'artifact.supplied', body: { stepId: 'clip:a', made: clipOf(8, 3) } },
      { type: 'artifact.released', body: { stepId: 'clip:a' } },
    );
    expect(issues(log, { select: { a: takeIdOf('clip', clipOf(8).asset) } })).toEqual([
      'select.a.clip: it has 3 s, the scene has 4 s',
    ]);
    expect(issues(log, { select: { a: 'film-1' } })).toEqual(['select.a: it has no take film-1']);
  });
});

describe('what is kept', () => {
  it('keeps its score and the bytes as delivered', () => {
    const log = completed(film(['a']));
    const step = planSteps(log.state).find(({ kind }) => kind === 'clip')!;
    const { fingerprint, ordinal, asset } = step.artifact!;
    const scored = { stepId: step.id, fingerprint, ordinal, digest: asset.digest, score: 0.5, error: null };
    log.append({ type: 'artifact.scored', body: scored });
    const [event] = changed(log, { keep: { a: ['clip'] } });
    expect(event).toMatchObject({ type: 'artifact.kept', body: { made: { asset, score: 0.5 } } });
    log.append(event!);
    expect(planSteps(log.state).find(({ kind }) => kind === 'clip')).toMatchObject({
      held: 'kept',
      artifact: { score: 0.5 },
    });
  });

  it('is refused as a clip whose frame the same changes make anew, and where nothing is made', () => {
    expect(issues(completed(), { edit: { a: { endPrompt: 'x' } }, keep: { a: ['clip'] } })).toEqual([
      'keep.a.clip: the same changes have a frame of it made anew; keep its start and end as well',
    ]);
    expect(issues(film(), { keep: { a: ['end'] } })).toEqual(['keep.a.end: nothing is made that could be kept']);
  });
});
