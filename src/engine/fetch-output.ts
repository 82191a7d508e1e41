import { AssetStoreError, BadOutputError, DownloadRefusedError, ProviderError } from '../errors/index.ts';
import { download } from '../provider-kit/index.ts';
import type { MediaRef } from '../spec/index.ts';
import type { EngineContext, UsableModel } from './context.ts';
import { POLICY } from './policy.ts';
import { retrying } from './retry.ts';
import type { Spooled } from './spool.ts';

/** Brings an output into the work folder, not looked at yet. Throws `BadOutputError` for none or spoilt bytes, `AssetStoreError`, `DownloadRefusedError`, `ProviderError`. */
export async function fetchOutput(
  context: EngineContext,
  usable: UsableModel,
  ref: MediaRef,
  signal: AbortSignal,
): Promise<Spooled> {
  const repeats = { ...context, signal, tries: POLICY.downloadTries, leftMs: () => POLICY.downloadPatienceMs };
  if ('bytes' in ref) {
    const write = (): Promise<Spooled> => context.spool.writeBytes(ref.bytes as Uint8Array<ArrayBuffer>);
    return retrying(write, { ...repeats, isRetryable: (error) => error instanceof AssetStoreError });
  }
  const once = async (): Promise<Spooled> => {
    const body = await download(ref, { downloads: usable.downloads, fetch: context.downloadFetch, signal });
    const spooled = await context.spool.write(body);
    if (ref.sha256 !== undefined && spooled.digest !== `sha256-${ref.sha256.toLowerCase()}`)
      throw new BadOutputError({ reason: 'the checksum differs' });
    return spooled;
  };
  const isRetryable = (error: unknown): boolean =>
    !(error instanceof DownloadRefusedError || (error instanceof ProviderError && error.kind === 'lost'));
  return retrying(once, { ...repeats, isRetryable });
}
