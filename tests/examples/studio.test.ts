import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProjectView } from 'vidpipe';
import { changesOf, NO_CHANGES, ordered } from '../../examples/express/studio/lib/changes-draft.ts';
import { choicesOf, settingsOf } from '../../examples/express/studio/lib/film-draft.ts';
import { ProjectFeed } from '../../examples/express/studio/lib/feed.ts';
import { block, filteredClips } from '../support/filters.ts';
import { HttpWorld } from '../support/http.ts';
import { settingsFor, systemClock } from '../support/world.ts';

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe('changes', () => {
  const world = new HttpWorld();
  const idsOf = ({ scenes }: ProjectView): string[] => scenes.map(({ id }) => id);

  it('bring scenes into any order', async () => {
    const project = await world.pipeline.create(settingsFor(4));
    for (const order of permutations(idsOf(project))) {
      const { id } = await world.pipeline.create(settingsFor(4));
      const before = await world.pipeline.get(id);
      const wanted = order.map((scene) => before.scenes[project.scenes.findIndex((each) => each.id === scene)]!.id);
      const draft = { ...NO_CHANGES, order: wanted };
      expect(ordered(before, draft).map((scene) => scene.id)).toEqual(wanted);
      const changes = changesOf(before, draft);
      const after = Object.keys(changes).length === 0 ? before : await world.pipeline.revise(id, changes);
      expect(idsOf(after)).toEqual(wanted);
    }
  });

  it('say what is different, and nothing of scenes that are gone', async () => {
    const project = await world.pipeline.create(settingsFor(3));
    const [first, second] = project.scenes as unknown as [ProjectView['scenes'][0], ProjectView['scenes'][0]];
    const same = { [first.id]: { description: first.description, seconds: first.seconds } };
    expect(changesOf(project, { ...NO_CHANGES, edit: same, continuity: 'leave' })).toEqual({});
    const draft = {
      ...NO_CHANGES,
      edit: { [first.id]: { motionPrompt: 'slowly' }, gone: { motionPrompt: 'x' } },
      remove: [second.id, 'gone'],
      retake: { [second.id]: ['clip'], [first.id]: ['end'] },
      select: { [first.id]: { end: 'end-1', clip: 'clip-1' } },
      add: '2',
      direction: 'rain',
      audio: 'off',
      continuity: 'redraw',
    } as const;
    expect(changesOf(project, draft)).toEqual({
      edit: { [first.id]: { motionPrompt: 'slowly' } },
      settings: { audio: false },
      remove: [second.id],
      retake: { [first.id]: ['end'] },
      select: { [first.id]: ['end-1', 'clip-1'] },
      add: { scenes: 2, direction: 'rain' },
      continuity: 'redraw',
    });
  });
});

describe('a new film', () => {
  it('asks nothing that the chosen models do not offer', () => {
    const base = { rates: [], times: {} as never, limits: { concurrency: 1 } };
    const choices = choicesOf(
      [
        { ...base, id: 'a:still', kind: 'image', can: { ratios: ['16:9'] } },
        { ...base, id: 'a:old', kind: 'video', stage: 'retired', can: { durations: [1], ratios: ['1:1'] } },
        { ...base, id: 'a:film', kind: 'video', can: { durations: [5], ratios: ['16:9', '9:16'] } },
      ],
      { image: '', video: '' },
    );
    expect([choices.videos.length, choices.ratios, choices.durations, choices.canSound]).toEqual([
      1,
      ['16:9'],
      [5],
      false,
    ]);
    const typed = { prompt: ' x ', ratio: '9:16', clip: '8', resolution: '4k', length: '10', audio: true };
    const rest = { style: '', text: '', image: '', video: '', negative: 'y', fade: '', budget: '1.5', gates: [] };
    const settings = settingsOf({ ...typed, ...rest, key: 'k' }, choices);
    expect(settings).toEqual({ prompt: 'x', duration: 10, budget: 1_500_000 });
  });
});

describe('the feed of a film', () => {
  const video = filteredClips(systemClock(), () => block('output'));
  const world = new HttpWorld({ basePath: '/api' }, {}, { video });

  beforeEach(() => {
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => world.ask(url, init));
    vi.stubGlobal('document', { hidden: true });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('tells why a clip was refused', async () => {
    const { id } = await world.pipeline.create(settingsFor(1, { safety: { remedies: [] } }));
    const feed = new ProjectFeed(id);
    const until = (holds: () => boolean) => vi.waitFor(() => expect(holds()).toBe(true), { timeout: 10_000 });
    const end = feed.subscribe(() => undefined);
    await until(() => feed.state.project?.status === 'pending');
    await world.pipeline.run(id);
    await until(() => feed.state.project?.status === 'failed');
    const clip = feed.state.project?.steps.find(({ kind }) => kind === 'clip');
    expect(clip?.status).toBe('refused');
    await until(() => feed.state.notes[clip?.id ?? ''] !== undefined);
    expect(feed.state.notes[clip?.id ?? '']).toContain('no output');
    end();
    await world.pipeline.close();
  });

  it('says what can not be helped', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ detail: 'gone', code: 'x' }, { status: 404 })));
    const feed = new ProjectFeed('nobody');
    await new Promise<void>((resolve) => feed.subscribe(resolve));
    expect(feed.state.error).toMatchObject({ status: 404, message: 'gone' });
  });
});
