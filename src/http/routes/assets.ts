import type { AssetHandle } from '../../engine/asset-handle.ts';
import type { Digest } from '../../spec/index.ts';
import { signedQuery } from '../links.ts';
import { Refusal } from '../refusal.ts';
import { type Call, json, type Route, route } from '../route.ts';
import { bytesQuery, DIGEST, filmQuery, linkBody } from '../schemas.ts';
import { serveAsset } from '../serve-asset.ts';

/** The bytes that a path names. Throws `Refusal` (404) for what is no digest. */
function assetOf({ service, id, params }: Call): Promise<AssetHandle> {
  const digest = params['digest'] ?? '';
  if (!DIGEST.test(digest)) throw new Refusal(404, 'not-found', 'There is no such asset.');
  return service.pipeline.asset(id, digest as Digest);
}

async function linkTo(
  call: Call<unknown, { readonly seconds?: number | undefined; readonly download?: string | undefined }>,
) {
  const { service, id, body } = call;
  if (service.links === undefined) throw new Refusal(404, 'not-found', 'There are no links here.');
  const { digest } = await assetOf(call);
  const expires = Math.floor(Date.now() / 1000) + (body.seconds ?? 3600);
  const query = signedQuery(service.links, { projectId: id, digest, expires, download: body.download ?? null });
  const at = new Date(expires * 1000).toISOString();
  return json({ href: `../${digest}?${query}`, expiresAt: at }, {}, 201);
}

const bytes = { type: '*/*', what: 'The bytes' };
const replies = {
  200: bytes,
  206: { ...bytes, what: 'The part that `Range` names' },
  302: { what: 'They are in the store, at this link' },
  304: { what: 'They are those that `If-None-Match` names' },
};
const headers = { Range: 'One range of bytes', 'If-Range': 'ETag', 'If-None-Match': 'ETags', 'If-Match': 'ETags' };

/** Routes of bytes. */
export const assetRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/projects/{id}/assets/{digest}',
    action: 'assets',
    summary: 'Bytes of a take, of the film or of a reference',
    query: bytesQuery,
    headers,
    replies,
    handle: async (call) => {
      const { service, request, query } = call;
      const asset = await assetOf(call);
      const embeddable = query.signature !== undefined;
      const { redirectSeconds = 0 } = service;
      return serveAsset(asset, request, {
        download: query.download ?? null,
        immutable: true,
        embeddable,
        redirectSeconds,
      });
    },
  }),
  route({
    method: 'GET',
    path: '/projects/{id}/film',
    action: 'assets',
    summary: 'The MP4 of the finished film, to be saved',
    query: filmQuery,
    headers,
    replies,
    handle: async ({ service, request, id, query }) => {
      const { filmAsset } = await service.pipeline.get(id);
      if (filmAsset === null) throw new Refusal(404, 'not-found', 'The project has no film yet.');
      const asset = await service.pipeline.asset(id, filmAsset.digest);
      const { redirectSeconds = 0 } = service;
      const download = query.download ?? `${id}.mp4`;
      return serveAsset(asset, request, { download, immutable: false, embeddable: false, redirectSeconds });
    },
  }),
  route({
    method: 'POST',
    path: '/projects/{id}/assets/{digest}/link',
    action: 'link',
    summary: 'A signed link to bytes, for whoever has it, until it expires or they are blocked',
    body: linkBody,
    replies: { 201: { type: 'application/json', what: '`{ href, expiresAt }`; `href` is relative to this request' } },
    handle: (call) => linkTo(call),
  }),
];
