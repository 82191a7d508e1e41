import { createHash } from 'node:crypto';
import type { Asset, AssetStore, Digest } from 'vidpipe/storage';
import type { MadeAsset, Project, ProjectEvent } from 'vidpipe';
import { SUPPLIED } from './revisions.ts';

/** What an event brought; nothing for those that bring nothing. */
function madeIn(event: ProjectEvent): readonly MadeAsset[] {
  if (event.type === 'work.inherited') return event.body.steps.flatMap(({ artifacts }) => artifacts);
  if (event.type === 'parent.reported') return event.body.made;
  if (event.type === 'artifact.supplied') return [event.body.made];
  return event.type === 'call.settled' || event.type === 'step.completed' ? event.body.made : [];
}

function assetsIn(events: readonly ProjectEvent[]): Asset[] {
  const made = events.flatMap(madeIn);
  const delivered = events.flatMap((event) => (event.type === 'call.delivered' ? event.body.outputs : []));
  return [
    ...delivered,
    ...made.flatMap(({ asset, original }) => [asset, ...(original === undefined ? [] : [original])]),
  ];
}

/** Stored bytes, `null` where there are none. */
export async function bytesOf(assets: AssetStore, digest: Digest): Promise<Buffer | null> {
  try {
    return Buffer.concat(await Array.fromAsync(await assets.get(digest)));
  } catch {
    return null;
  }
}

/** I5: the bytes of every artifact are there, with their digest and size. */
export async function checkBytes(events: readonly ProjectEvent[], assets: AssetStore): Promise<string[]> {
  const wrong: string[] = [];
  for (const { digest, size } of new Map(assetsIn(events).map((asset) => [asset.digest, asset])).values()) {
    const bytes = await bytesOf(assets, digest);
    if (bytes === null) wrong.push(`I5: the bytes of ${digest} are not there`);
    else if (`sha256-${createHash('sha256').update(bytes).digest('hex')}` !== digest)
      wrong.push(`I5: the bytes of ${digest} are others`);
    else if (bytes.byteLength !== size) wrong.push(`I5: ${digest} has ${bytes.byteLength} bytes, the log says ${size}`);
  }
  return wrong;
}

/**
 * I5: no bytes are there that nothing names. Where a process has ended for ever, a reply that it kept before it could settle the call is named by
 * that call: its bytes hold the id. What was to be supplied says so.
 */
export async function checkOrphans(
  events: readonly ProjectEvent[],
  assets: AssetStore,
  mayBeLost: boolean,
): Promise<string[]> {
  const named = new Set<string>(assetsIn(events).map(({ digest }) => digest));
  const calls = new Set(events.flatMap((event) => (event.type === 'call.intended' ? [event.body.callId] : [])));
  const wrong: string[] = [];
  for await (const { digest } of assets.list()) {
    if (named.has(digest)) continue;
    const text = String(await bytesOf(assets, digest));
    if (!mayBeLost || ![...calls, SUPPLIED].some((name) => text.includes(name)))
      wrong.push(`I5: nothing names the bytes ${digest}`);
  }
  return wrong;
}

/** Ids of the scenes that the log says, in their order. */
function scenesIn(events: readonly ProjectEvent[]): string[] {
  const ids: string[] = [];
  const places = new Map<string, string | null>();
  const put = (added: readonly string[], before: string | null): void => {
    const at = before === null ? -1 : ids.indexOf(before);
    ids.splice(at < 0 ? ids.length : at, 0, ...added);
  };
  for (const { type, body } of events) {
    if (type === 'project.created') put(body.supplied?.scenes.map(({ id }) => id) ?? [], null);
    if (type === 'storyboard.written') ids.splice(0, ids.length, ...body.scenes.map(({ id }) => id));
    if (type === 'scenes.requested') places.set(body.requestId, body.before);
    if (type === 'scenes.added')
      put(
        body.scenes.map(({ id }) => id),
        places.get(body.requestId) ?? null,
      );
    if (type === 'scenes.supplied')
      put(
        body.scenes.map(({ id }) => id),
        body.before,
      );
    if (type === 'scene.removed' || type === 'scene.moved') ids.splice(ids.indexOf(body.sceneId), 1);
    if (type === 'scene.moved') put([body.sceneId], body.before);
  }
  return ids;
}

/** I4: the scenes stand once each, in order and whole; what a step shows is a take that the log has. */
export function checkScenes(events: readonly ProjectEvent[], { scenes, steps, status, filmAsset }: Project): string[] {
  const wrong: string[] = [];
  const written = scenesIn(events);
  if (scenes.map(({ id }) => id).join() !== written.join())
    wrong.push(`I4: ${scenes.length} scenes are shown, ${written.length} stand in the log, or in another order`);
  const takes = new Set<string>(events.flatMap(madeIn).map(({ asset }) => asset.digest));
  for (const { id, asset } of steps)
    if (asset !== null && !takes.has(asset.digest)) wrong.push(`I4: ${id} shows bytes that no event brought`);
  if (status !== 'completed') return wrong;
  for (const scene of scenes)
    if (scene.clip === null || scene.start === null) wrong.push(`I4: ${scene.id} has no clip`);
  if (filmAsset === null) wrong.push('I4: there is no film');
  return wrong;
}

/** I4: nothing is told of a call twice, so that it brings its takes once. One that was unknown, then taken, may be lost again. */
export function checkTakes(events: readonly ProjectEvent[]): string[] {
  const seen = new Set<string>();
  return events.flatMap(({ type, body }) => {
    const callId = 'callId' in body ? body.callId : null;
    if (callId === null || type.startsWith('scenes') || type.startsWith('storyboard') || type === 'call.resolved')
      return [];
    const key = `${callId} ${type}`;
    if (seen.has(key)) return [`I4: ${key} is there twice`];
    seen.add(key);
    if (type === 'call.submitted') seen.delete(`${callId} call.unknown`);
    return [];
  });
}
