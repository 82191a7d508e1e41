import type { Project, ProjectEvent } from 'vidpipe';
import type { AssetStore, Digest } from 'vidpipe/storage';
import type { PaperFacts } from 'vidpipe/testing';

type Request = Readonly<Record<string, unknown>>;
type Scene = Project['scenes'][number];

/** What the log says beside what is shown. */
interface Known {
  /** By what request bytes were made. */
  readonly requests: ReadonlyMap<string, Request>;
  /** Takes that the user has chosen, by step and digest. */
  readonly selected: ReadonlySet<string>;
  /** Steps whose prompts a remedy has changed. */
  readonly remedied: ReadonlySet<string>;
}

function knownOf(events: readonly ProjectEvent[]): Known {
  const calls = new Map<string, Request>();
  const requests = new Map<string, Request>();
  const selected = new Set<string>();
  const remedied = new Set<string>();
  for (const { type, body } of events) {
    if (type === 'call.intended') calls.set(body.callId, body.request);
    if (type === 'call.settled')
      for (const { asset } of body.made) requests.set(asset.digest, calls.get(body.callId) ?? {});
    if (type === 'remedy.applied') remedied.add(body.stepId);
    if (type === 'take.selected') selected.add(`${body.stepId} ${body.take.digest}`);
    const inherited =
      type === 'work.inherited'
        ? body.steps.flatMap(({ artifacts }) => artifacts)
        : type === 'parent.reported'
          ? body.made
          : [];
    for (const { asset, origin } of inherited) if (origin.request !== null) requests.set(asset.digest, origin.request);
    if (type !== 'work.inherited') continue;
    for (const { stepId, selected: take } of body.steps)
      if (take !== null) selected.add(`${stepId} ${take.asset.digest}`);
    for (const { applied } of body.remedies) for (const remedy of applied) remedied.add(remedy.body.stepId);
    for (const { take } of body.held)
      if (take.origin.request !== null) requests.set(take.asset.digest, take.origin.request);
  }
  return { requests, selected, remedied };
}

/** Reads paper. */
async function factsOf(assets: AssetStore, digest: Digest): Promise<PaperFacts> {
  return JSON.parse(Buffer.concat(await Array.fromAsync(await assets.get(digest))).toString()) as PaperFacts;
}

/** The clip of the model's list that holds a scene. */
const clipLength = (seconds: number): number => [4, 6, 8].find((each) => each >= seconds) ?? 8;

/** Words that a request must carry and does not. */
function missing(request: Request, words: readonly string[]): string[] {
  const prompt = String(request['prompt']);
  return words.filter((each) => each !== '' && !prompt.includes(each));
}

/** What of a request for a scene's frame or clip is not as the settings have it now. */
function staleSettings({ settings, styleGuide }: Project, request: Request): string[] {
  const style = `Medium and style: ${settings.style.replaceAll('_', ' ')}. ${styleGuide?.visualStyle ?? ''}`;
  const negative = settings.negativePrompt ?? undefined;
  const said = String(request['prompt']);
  return [
    ...missing(request, [style]),
    ...(request['ratio'] === settings.ratio ? [] : ['ratio']),
    ...(negative === undefined || request['negativePrompt'] === negative || said.includes(negative)
      ? []
      : ['negative prompt']),
  ];
}

function staleClip(project: Project, scene: Scene, request: Request, words: boolean): string[] {
  const { motionPrompt, keyDetails, transitionNotes, cast, start, end, seconds } = scene;
  const ends = project.steps.some(({ id }) => id === `keyframe:${scene.id}:end`);
  return [
    ...(words
      ? missing(request, [motionPrompt, ...keyDetails, transitionNotes, ...cast.map((name) => `${name}: `)])
      : []),
    ...(request['start'] === start?.digest ? [] : ['start']),
    ...(!ends || request['end'] === end?.digest ? [] : ['end']),
    ...(request['seconds'] === clipLength(seconds) ? [] : ['seconds']),
    ...staleSettings(project, request),
  ];
}

function staleFrame(project: Project, scene: Scene, request: Request, part: 'start' | 'end', words: boolean): string[] {
  const { description, keyDetails, transitionNotes, startPrompt, endPrompt, cast } = scene;
  const own = [
    part === 'start' ? startPrompt : endPrompt,
    description,
    ...keyDetails,
    transitionNotes,
    ...cast.map((name) => `${name}: `),
  ];
  return [...(words ? missing(request, own) : []), ...staleSettings(project, request)];
}

/** Nothing stale is in use: what no user holds or has chosen was made by a request with the words, frames and settings of now. */
function checkStale(project: Project, known: Known): string[] {
  const scenes = new Map(project.scenes.filter(({ skipped }) => !skipped).map((scene) => [scene.id, scene]));
  return project.steps.flatMap(({ id, kind, sceneId, asset, held, status }) => {
    const scene = scenes.get(sceneId ?? '');
    const isOwn = held !== null || asset === null || known.selected.has(`${id} ${asset.digest}`);
    if (scene === undefined || (kind !== 'clip' && kind !== 'keyframe') || isOwn) return [];
    const request = known.requests.get(asset.digest);
    if (status !== 'completed') return [`stale: ${id} is ${status} in a film that is completed`];
    if (request === undefined) return [`stale: nobody knows how ${id} was made`];
    const words = !known.remedied.has(id);
    const part = id.endsWith(':start') ? 'start' : 'end';
    const stale =
      kind === 'clip' ? staleClip(project, scene, request, words) : staleFrame(project, scene, request, part, words);
    return stale.map((what) => `stale: ${id} was made with another ${what}`);
  });
}

/** Scenes hang together: one that continues begins with the last frame of the one before, or with the one out of its clip, unless somebody holds or has chosen another. */
async function checkSeams({ scenes, steps }: Project, { selected }: Known, assets: AssetStore): Promise<string[]> {
  const wrong: string[] = [];
  const byId = new Map(steps.map((step) => [step.id, step]));
  let before: Scene | null = null;
  for (const scene of scenes.filter(({ skipped }) => !skipped)) {
    const start = byId.get(`keyframe:${scene.id}:start`);
    const isOwn = (start?.held ?? null) !== null || selected.has(`${start?.id} ${start?.asset?.digest}`);
    if (before !== null && scene.enters === 'continue' && !isOwn && scene.start !== null) {
      const own = byId.get(`clip:${scene.id}`)?.held === 'supplied';
      const source = own ? scene.clip : before.clip;
      const isFrameOf = async (digest: Digest): Promise<boolean> =>
        source !== null &&
        (await factsOf(assets, digest)).note === `frame of ${(await factsOf(assets, source.digest)).note}`;
      if (start === undefined ? scene.start.digest !== before.end?.digest : !(await isFrameOf(scene.start.digest)))
        wrong.push(`seams: ${scene.id} does not begin where ${before.id} ends`);
    }
    before = scene;
  }
  return wrong;
}

/** The film is joined of the clips that are shown, in their order, at the lengths of the scenes. */
async function checkJoined({ scenes, settings, filmAsset }: Project, assets: AssetStore): Promise<string[]> {
  if (filmAsset === null) return [];
  const film = await factsOf(assets, filmAsset.digest);
  const shown = scenes.filter(({ skipped }) => !skipped);
  const notes = await Promise.all(
    shown.map(async ({ clip }) => (clip === null ? '' : (await factsOf(assets, clip.digest)).note)),
  );
  const wanted = [...notes, settings.transition.kind].join(' ');
  const seconds = shown.reduce((sum, scene) => sum + scene.seconds, 0);
  return [
    ...(film.note === wanted ? [] : [`joined: the film shows ${film.note}, its scenes ${wanted}`]),
    ...(Math.abs((film.seconds ?? 0) - seconds) < 1e-6
      ? []
      : [`joined: the film has ${film.seconds} s, its scenes ${seconds}`]),
  ];
}

/** What is wrong with a finished film, by the requests that its parts were made with and by what its bytes show. */
export async function checkFamilyFilm(
  project: Project,
  events: readonly ProjectEvent[],
  assets: AssetStore,
): Promise<string[]> {
  if (project.status !== 'completed') return [];
  const known = knownOf(events);
  return [
    ...checkStale(project, known),
    ...(await checkSeams(project, known, assets)),
    ...(await checkJoined(project, assets)),
  ];
}
