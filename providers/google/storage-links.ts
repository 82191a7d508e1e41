import { type CallOptions, type MediaRef, readJson } from 'vidpipe/provider';
import type { ModelContext } from './context.ts';

/** A call's own folder in Cloud Storage, `gs://bucket/…/`. Nothing else is written there, so what lies in it is the call's. */
export type Folder = `gs://${string}/`;

/** Every character that a folder's name does not keep is written as its code, so that two calls never share one. */
const named = (callId: string): string =>
  callId.replaceAll(/[^\w.-]/g, (character) => `~${character.codePointAt(0)?.toString(16)}~`);

/** The folder of a call; none where videos come inline. */
export function folderOf({ vertex }: ModelContext, callId: string): Folder | undefined {
  const { bucket, prefix = 'vidpipe' } = vertex;
  return bucket === undefined ? undefined : `gs://${bucket}/${prefix}/${named(callId)}/`;
}

function splitUri(uri: string): { readonly bucket: string; readonly object: string } {
  const [, bucket = '', object = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  return { bucket, object };
}

const linkTo = ({ connection }: ModelContext, bucket: string, object: string): string =>
  `${connection.storage}/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}?alt=media`;

/** A download of an object, `null` for one outside of the call's folder: Google's replies do not choose what we read. Throws `ProviderError`. */
export async function storedVideo(
  context: ModelContext,
  folder: Folder | undefined,
  uri: string,
): Promise<MediaRef | null> {
  if (folder === undefined || !uri.startsWith(folder) || uri.length === folder.length) return null;
  const { bucket, object } = splitUri(uri);
  return { url: linkTo(context, bucket, object), headers: await context.connection.headers('vertex') };
}

interface Listed {
  readonly name?: unknown;
  readonly size?: unknown;
}

/** All videos in a call's folder, which is asked by the JSON API. Throws `ProviderError`. */
export async function videosIn(context: ModelContext, folder: Folder, call: CallOptions): Promise<readonly MediaRef[]> {
  const { bucket, object: prefix } = splitUri(folder);
  const query = new URLSearchParams({ prefix, fields: 'items(name,size)' });
  const url = `${context.connection.storage}/storage/v1/b/${encodeURIComponent(bucket)}/o?${query}`;
  const headers = await context.connection.headers('vertex');
  const { items = [] } = (await readJson(await call.fetch(url, { headers }))) as { items?: readonly Listed[] };
  const names = items
    .filter(({ size }) => Number(size) > 0)
    .map(({ name }) => String(name))
    .filter((name) => name.startsWith(prefix) && name.endsWith('.mp4'))
    .sort();
  return names.map((name) => ({ url: linkTo(context, bucket, name), headers }));
}
