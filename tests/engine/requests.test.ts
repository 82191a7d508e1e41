import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Digest } from 'vidpipe/storage';
import { memoryAssets } from 'vidpipe/storage-adapters/memory';
import type { EngineContext } from '../../src/engine/context.ts';
import { loadRequest } from '../../src/engine/request.ts';

describe('pictures in a request', () => {
  it.each([
    ['image/png', [0x89, 0x50]],
    ['image/jpeg', [0xff, 0xd8]],
    ['image/webp', [0x52, 0x49]],
  ])('are named by their first bytes: %s', async (mediaType, head) => {
    const bytes = Uint8Array.from(head);
    const digest: Digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
    const assets = memoryAssets();
    await assets.put(digest, () => new Blob([bytes]).stream(), { size: bytes.length, mediaType });
    const pictures = [{ digest, role: 'reference' as const, name: 'Ada' }];
    const ask = { kind: 'image' as const, prompt: 'p', ratio: '16:9', width: 1, height: 1, seed: 1, pictures };
    const { request } = await loadRequest({ assets } as unknown as EngineContext, ask);
    expect(request).toMatchObject({ images: [{ mediaType, role: 'reference', name: 'Ada', digest }] });
  });
});
