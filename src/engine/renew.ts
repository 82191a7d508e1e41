import { AssetNotFoundError } from '../errors/index.ts';
import type { Digest } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { localFile, store } from './intake.ts';

/** How many bytes are looked after at once. */
const AT_ONCE = 20;

/** Puts the bytes that are there once more, where the store can not renew their age by itself. */
async function putAgain(context: EngineContext, digest: Digest, mediaType: string): Promise<boolean> {
  try {
    const file = await localFile(context, digest);
    try {
      await store(context, await context.spool.adopt(file.path), { mediaType });
    } finally {
      await file.dispose();
    }
    return true;
  } catch (error) {
    if (error instanceof AssetNotFoundError) return false;
    throw error;
  }
}

/**
 * Renews the age of stored bytes that a log is going to name without putting them, so that no sweep under way takes them: before the event that
 * names them is appended. Answers those that are there. `wanted` tells their media types.
 */
export async function renewed(
  context: EngineContext,
  wanted: ReadonlyMap<Digest, string>,
): Promise<ReadonlySet<Digest>> {
  const { assets } = context;
  const there = new Set<Digest>();
  const left = [...wanted];
  const renewOne = async ([digest, mediaType]: readonly [Digest, string]): Promise<void> => {
    const isThere = await (assets.renew?.(digest) ?? putAgain(context, digest, mediaType));
    if (isThere) there.add(digest);
  };
  while (left.length > 0) await Promise.all(left.splice(0, AT_ONCE).map(renewOne));
  return there;
}
