/**
 * What a request asks for: an upload in one request, the `start` of one in chunks, a `chunk`, the question how far it is (`offset`), giving it up
 * (`cancel`), an object's fields, its `media`, a `list`, a `patch`, `delete`, `rewrite` or `compose`, or the bytes of a signed `link`.
 */
export type StorageAction =
  | 'upload'
  | 'start'
  | 'chunk'
  | 'offset'
  | 'cancel'
  | 'fields'
  | 'media'
  | 'list'
  | 'patch'
  | 'delete'
  | 'rewrite'
  | 'compose'
  | 'link';

/** A request, read. */
export interface Asked {
  readonly action: StorageAction;
  readonly bucket: string;
  /** Name of the object; of a rewrite also where it goes. */
  readonly name: string;
  readonly to?: { readonly bucket: string; readonly name: string };
  readonly query: URLSearchParams;
}

function uploadAction(method: string, query: URLSearchParams, range: string | null): StorageAction {
  if (method === 'DELETE') return 'cancel';
  if (query.has('upload_id'))
    return range?.startsWith('bytes */') === true && !/\/\d+$/.test(range) ? 'offset' : 'chunk';
  return query.get('uploadType') === 'resumable' ? 'start' : 'upload';
}

const OF_METHOD: Readonly<Record<string, StorageAction>> = { GET: 'fields', PATCH: 'patch', DELETE: 'delete' };

/** Reads the paths of the JSON API, and those of signed links. */
export function askedOf({ method, url, headers }: Request): Asked | undefined {
  const { pathname, searchParams: query } = new URL(url);
  const [, upload, bucket, path] =
    /^\/(upload\/|download\/)?storage\/v1\/b\/([^/]+)\/o(?:\/(.*))?$/.exec(pathname) ?? [];
  if (bucket === undefined) {
    const [, from = '', name = ''] = /^\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    return query.has('X-Goog-Signature')
      ? { action: 'link', bucket: from, name: decodeURIComponent(name), query }
      : undefined;
  }
  const asked = (action: StorageAction, name = ''): Asked => ({
    action,
    bucket,
    name: decodeURIComponent(name),
    query,
  });
  if (upload === 'upload/') return asked(uploadAction(method, query, headers.get('content-range')));
  if (path === undefined) return asked('list');
  const [name, verb, , toBucket = '', , toName = ''] = path.split('/');
  if (verb === 'rewriteTo' || verb === 'copyTo')
    return { ...asked('rewrite', name), to: { bucket: toBucket, name: decodeURIComponent(toName) } };
  if (verb === 'compose') return asked('compose', name);
  const action = query.get('alt') === 'media' ? 'media' : OF_METHOD[method];
  return action === undefined ? undefined : asked(action, name);
}
