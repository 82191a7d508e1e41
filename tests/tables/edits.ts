import { type Changes, formatUsd, type MicroUsd, type Pipeline, type Project, usd } from 'vidpipe';
import { defineProvider, perCall } from 'vidpipe/provider';
import { mockTextModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, still } from '../support/world.ts';
import { writer } from '../support/writers.ts';
import { type EarlierRequest, earlierWork } from './earlier.ts';
import { markdownTable } from './markdown.ts';

/** The film: one chain, clips of six seconds. */
const FILM = { scenes: 12, clipSeconds: 6 };
/** What one of each costs in micro-dollars and takes in seconds. */
const TEXT = { microUsd: usd('0.01'), seconds: 4 };
const STILL = { microUsd: usd('0.02'), seconds: 8 };
const CLIP = { perSecond: usd('0.05'), seconds: 60 };
const CLIPS_AT_ONCE = 4;
/** Sleep of the earlier system after each scene that it drew. */
const EARLIER_SLEEP = 3;

interface Edit {
  readonly name: string;
  readonly changes: (scenes: readonly string[]) => Changes;
  readonly earlier: EarlierRequest;
  /** What the film of the earlier system was. */
  readonly fault: string;
}

const fifth = (edit: object) => (ids: readonly string[]) => ({ edit: { [ids[4] ?? '']: edit } });

/** Ten edits; the earlier system counts scenes from 0, and its page always sent a length with deletions. */
const EDITS: readonly Edit[] = [
  {
    name: 'motion prompt of scene 5',
    changes: fifth({ motionPrompt: 'she runs' }),
    earlier: { edits: { 4: 'motion' } },
    fault: 'right',
  },
  {
    name: 'end prompt of scene 5',
    changes: fifth({ endPrompt: 'a red door' }),
    earlier: { edits: { 4: 'frame' } },
    fault: 'right',
  },
  {
    name: 'description of scene 5',
    changes: fifth({ description: 'a red barn' }),
    earlier: { edits: { 4: 'description' } },
    fault: 'the edit is not seen',
  },
  {
    name: 'frame of scene 5 drawn anew',
    changes: (ids) => ({ retake: { [ids[4] ?? '']: ['end'] } }),
    earlier: { cleared: [4] },
    fault: 'right',
  },
  {
    name: 'scene 5 removed',
    changes: (ids) => ({ remove: [ids[4] ?? ''] }),
    earlier: { deleted: [4], total: 66 },
    fault: 'right',
  },
  { name: 'two scenes more', changes: () => ({ add: 2 }), earlier: { total: 84 }, fault: 'right' },
  {
    name: 'scene 5 removed, one more',
    changes: (ids) => ({ remove: [ids[4] ?? ''], add: 1 }),
    earlier: { deleted: [4], total: 72 },
    fault: 'a jump, and one clip twice',
  },
  {
    name: 'another style',
    changes: () => ({ settings: { style: 'watercolor' } }),
    earlier: { style: true },
    fault: 'another story',
  },
  {
    name: 'another video model',
    changes: () => ({ settings: { models: { video: 'mock:other' } } }),
    earlier: { videoModel: true },
    fault: 'the old clips',
  },
  {
    name: 'clips of four seconds',
    changes: (ids) => ({ edit: Object.fromEntries(ids.map((id) => [id, { seconds: 4 }])) }),
    earlier: { clipSeconds: 4, total: 48 },
    fault: 'the old clips',
  },
];

/** What an edit makes of a film. */
interface Outcome {
  readonly reused: number;
  readonly remade: number;
  readonly microUsd: number;
  readonly seconds: number;
}

function pipelineOf(world: TestWorld): Pipeline {
  const { clock } = world;
  const inner = writer().model;
  const text = mockTextModel({
    price: perCall(TEXT.microUsd),
    generate: async (request, call) => {
      await clock.sleep(TEXT.seconds * 1000);
      if (inner.kind !== 'text') throw new Error(`it makes ${inner.kind}`);
      return inner.generate(request, call);
    },
  });
  const options = {
    clock,
    stillMs: STILL.seconds * 1000,
    clipMs: CLIP.seconds * 1000,
    clipsAtOnce: CLIPS_AT_ONCE,
  };
  const [first, other] = [clip(options), clip(options)];
  const provider = defineProvider({
    id: 'mock',
    text: { writer: text },
    image: { still: still(options) },
    video: { clip: first, other },
  });
  return world.pipeline({}, { providers: [provider] });
}

/** Frames and clips that are made of a film, by their bytes. */
function artifactsOf({ steps }: Project): ReadonlySet<string> {
  return new Set(
    steps.flatMap(({ kind, asset }) => (asset && (kind === 'keyframe' || kind === 'clip') ? [asset.digest] : [])),
  );
}

/** Runs a changed project, and compares it with the one before and with what was planned. */
async function finished(world: TestWorld, pipeline: Pipeline, id: string, before: Project, planned: MicroUsd) {
  const charged = (await pipeline.get(id)).money.charged;
  const began = world.clock.monotonic();
  const { status, project } = await world.clock.run(pipeline.run(id));
  const seconds = (world.clock.monotonic() - began) / 1000;
  const [old, now] = [artifactsOf(before), [...artifactsOf(project)]];
  const reused = now.filter((digest) => old.has(digest)).length;
  const microUsd = project.money.charged - charged;
  if (status !== 'completed') throw new Error(`the run ended ${status}`);
  if (microUsd !== planned) throw new Error(`planned ${planned}, paid ${microUsd}`);
  return { reused, remade: now.length - reused, microUsd, seconds };
}

/** An edit made in place, and on a copy: both must come to the same, which is what was planned. */
async function outcomeOf({ changes, name }: Edit): Promise<Outcome> {
  const world = new TestWorld();
  try {
    const pipeline = pipelineOf(world);
    const { project } = await world.film(pipeline, FILM.scenes, { clipDuration: FILM.clipSeconds });
    const asked = changes(project.scenes.map(({ id }) => id));
    const planned = (await pipeline.plan(project.id, asked)).cost?.expected ?? (0 as MicroUsd);
    const fork = await pipeline.fork(project.id, asked);
    const copied = await finished(world, pipeline, fork.id, project, planned);
    await pipeline.revise(project.id, asked);
    const revised = await finished(world, pipeline, project.id, project, planned);
    if (JSON.stringify(copied) !== JSON.stringify(revised))
      throw new Error(`${name}: ${JSON.stringify(revised)} in place, ${JSON.stringify(copied)} on a copy`);
    return revised;
  } finally {
    await world.close();
  }
}

function earlierOf({ earlier }: Edit): Outcome {
  const { scenes, texts, stills, clips, drawn } = earlierWork(FILM, earlier);
  const perClip = CLIP.perSecond * (earlier.clipSeconds ?? FILM.clipSeconds);
  return {
    reused: scenes + 1 + scenes - stills - clips,
    remade: stills + clips,
    microUsd: texts * TEXT.microUsd + stills * STILL.microUsd + clips * perClip,
    seconds: texts * TEXT.seconds + stills * STILL.seconds + drawn * EARLIER_SLEEP + clips * CLIP.seconds,
  };
}

function cells({ reused, remade, microUsd, seconds }: Outcome): string[] {
  return [`${reused}`, `${remade}`, formatUsd(microUsd as MicroUsd), `${Math.ceil(seconds)}`];
}

/** The table of edits. */
export async function editsTable(): Promise<string> {
  const head = [
    'edit',
    'reused',
    'remade',
    'cost',
    'seconds',
    'earlier: reused',
    'remade',
    'cost',
    'seconds',
    'its film',
  ];
  const rows = [];
  for (const edit of EDITS)
    rows.push([edit.name, ...cells(await outcomeOf(edit)), ...cells(earlierOf(edit)), edit.fault]);
  return markdownTable(head, rows);
}
