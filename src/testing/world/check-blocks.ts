import type { Project, ProjectEvent } from 'vidpipe';
import type { AssetStore, Digest } from 'vidpipe/storage';
import { bytesOf } from './check-assets.ts';

/** Bytes that an event takes out of use. */
function blockedIn({ type, body }: ProjectEvent): readonly Digest[] {
  if (type === 'artifact.blocked') return [body.digest];
  if (type === 'call.settled') return body.flagged ?? [];
  return type === 'work.inherited' ? (body.bars?.blocked ?? []).map(({ digest }) => digest) : [];
}

/** What is known at one moment of the log of the use of bytes. */
class Uses {
  readonly blocked = new Set<Digest>();
  /** Stills and clips of models that nobody has looked at. */
  readonly #unseen = new Set<string>();
  #inspects = false;

  /** What of an event is a use that must not be, before it is taken in. */
  wrongIn({ type, seq, body }: ProjectEvent): string[] {
    if (type === 'step.completed')
      return body.made.flatMap(({ asset }) =>
        this.blocked.has(asset.digest) ? [`seq ${seq} shows blocked bytes`] : [],
      );
    if (type !== 'call.intended') return [];
    const request = JSON.stringify(body.request);
    const sent = (digests: Iterable<string>): string[] => [...digests].filter((digest) => request.includes(digest));
    return [
      ...sent(this.blocked).map((digest) => `${digest} is sent at seq ${seq}, and was blocked before`),
      ...(this.#inspects ? sent(this.#unseen) : []).map(
        (digest) => `${digest} is sent at seq ${seq} before it is seen`,
      ),
    ];
  }

  take(event: ProjectEvent, isMedia: (callId: string) => boolean): void {
    const { type, body } = event;
    if (type === 'run.started') this.#inspects = body.inspects === true;
    if (type === 'call.settled' && isMedia(body.callId))
      for (const { asset } of body.made) this.#unseen.add(asset.digest);
    if (type === 'artifact.inspected') this.#unseen.delete(body.digest);
    for (const digest of blockedIn(event)) this.blocked.add(digest);
  }
}

/** The note of stored paper, between spaces: of a film those of its clips, one after another; `null` of bytes that are no paper. */
async function noteOf(assets: AssetStore, digest: Digest): Promise<string | null> {
  const note = /"note":"([^"]+)"/.exec(String(await bytesOf(assets, digest)))?.[1];
  return note === undefined ? null : ` ${note} `;
}

/** What of blocked bytes a film shows. */
async function blockedInFilm(
  { filmAsset }: Project,
  assets: AssetStore,
  blocked: ReadonlySet<Digest>,
): Promise<string[]> {
  if (filmAsset === null) return [];
  const film = await noteOf(assets, filmAsset.digest);
  const notes = await Promise.all([...blocked].map((digest) => noteOf(assets, digest)));
  return notes.flatMap((note) => (note !== null && film?.includes(note) ? [`I8: the film shows${note}`] : []));
}

/** Takes that `inspect` did not take and that a step shows all the same. */
function shownRetakes(events: readonly ProjectEvent[], { steps }: Project): string[] {
  return events.flatMap(({ type, body }) => {
    if (type !== 'artifact.inspected' || body.verdict === 'ok') return [];
    const isChosen = events.some((event) => event.type === 'take.selected' && event.body.stepId === body.stepId);
    const shows = steps.some(({ id, asset, held }) => !held && id === body.stepId && asset?.digest === body.digest);
    return shows && !isChosen ? [`I8: ${body.stepId} shows ${body.digest}, which was not taken`] : [];
  });
}

/**
 * I8: what is blocked is shown nowhere, sent nowhere once it is, and in no film; what is to be looked at is not sent before that. `others` are
 * blocked beside what the log says.
 */
export async function checkBlocked(
  events: readonly ProjectEvent[],
  project: Project,
  assets: AssetStore,
  others: readonly Digest[],
): Promise<string[]> {
  const calls = new Map(
    events.flatMap(({ type, body }) => (type === 'call.intended' ? [[body.callId, body.kind] as const] : [])),
  );
  const uses = new Uses();
  const wrong = events.flatMap((event) => {
    const found = uses.wrongIn(event);
    uses.take(event, (callId) => calls.get(callId) !== 'text');
    return found.map((each) => `I8: ${each}`);
  });
  const shown = JSON.stringify([project.steps, project.scenes, project.filmAsset]);
  const blocked = new Set([...uses.blocked, ...others]);
  return [
    ...wrong,
    ...shownRetakes(events, project),
    ...[...blocked].flatMap((digest) => (shown.includes(digest) ? [`I8: the blocked bytes ${digest} are shown`] : [])),
    ...(await blockedInFilm(project, assets, blocked)),
  ];
}
