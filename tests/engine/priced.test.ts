import { expect, it } from 'vitest';
import { catalogueCosts, usd } from 'vidpipe';
import { defineProvider, imageModel, perImage, perMillionTokens } from 'vidpipe/provider';
import { pricedFor } from '../../src/engine/request.ts';
import type { PictureRef } from '../../src/stages/requests.ts';

it('the worst price of a picture counts its prompt, the pictures given, and the words and thoughts beside it', () => {
  const still = imageModel({
    ratios: ['16:9'],
    references: 3,
    inputTokensPerImage: 1_000,
    maxOutputTokens: 8_000,
    price: [perImage(usd('0.04')), ...perMillionTokens({ input: usd(2), output: usd(12) })],
    generate: () => Promise.reject(new Error('unused')),
  });
  const provider = defineProvider({ id: 'mock', image: { still } });
  const usable = { id: 'mock:still', entry: provider.catalogue[0] } as never;
  const picture: PictureRef = { digest: 'sha256-00', role: 'reference' };
  const ask = { ratio: '16:9', width: 1280, height: 720, seed: 1, pictures: [picture, picture, picture] };
  const priced = pricedFor({ kind: 'image', prompt: 'two words.', ...ask }, usable, '2026-11-25T00:00:00.000Z');
  const worst = catalogueCosts([provider]).quote(priced)?.worst;
  expect(worst).toBe(usd('0.04') + 3_010 * 2 + 8_000 * 12);
});
