import assert from 'node:assert/strict';
import type { ImageRequest } from 'vidpipe/provider';
import type { ConformanceCase, Harness } from './conformance.ts';
import { type Kind, modelCases, type ModelTest } from './model-cases.ts';
import {
  callTo,
  type ModelCapability,
  type ModelSubject,
  outputsOf,
  sniffed,
  type Source,
  tested,
} from './model-subject.ts';
import { picture, sizeOf } from './pictures.ts';

function requestTo(source: Source, given: Partial<ImageRequest> = {}): ImageRequest {
  const { ratios, sizes = [] } = tested(source, 'image').entry.can;
  const [[ratio = '16:9'], size] = [ratios, sizes[0]];
  const named = size === undefined ? {} : { size: size.name };
  return { prompt: 'Frame: a lighthouse at dawn', ratio, ...sizeOf(ratio), ...named, images: [], ...given };
}

const references = (source: Source, count: number): ImageRequest['images'] =>
  Array.from({ length: count }, () => picture('reference', requestTo(source).ratio));

const painter: Kind<ModelSubject> = {
  kind: 'image',
  submit: async (source, call) => ({ finished: await tested(source, 'image').model.generate(requestTo(source), call) }),
  refused: (source) => {
    const { model, entry } = tested(source, 'image');
    const asks: Readonly<Record<string, Partial<ImageRequest>>> = {
      'an empty prompt': { prompt: ' ' },
      'a ratio that is not listed': { ratio: '7:3' },
      'a size that is not listed': { size: 'no such size' },
      'more references than listed': { images: references(source, (entry.can.references ?? 0) + 1) },
    };
    return Object.fromEntries(
      Object.entries(asks).map(([what, ask]) => [what, (call) => model.generate(requestTo(source, ask), call)]),
    );
  },
  final: async (_, found) => ('finished' in found ? found.finished : assert.fail('an image model has no operations')),
  priced: (source) => {
    const { prompt, width, height, size } = requestTo(source);
    return { images: 1, resolution: size ?? `${width}x${height}`, inputTokens: prompt.length };
  },
};

async function assertPictures(subject: ModelSubject, given: Partial<ImageRequest>): Promise<void> {
  const { model } = tested(subject, 'image');
  const reply = await model.generate(requestTo(subject, given), callTo(subject));
  for (const bytes of await outputsOf(subject, reply)) assert.match(sniffed(bytes), /^image\//);
}

const DRAWS: readonly ModelTest<ModelSubject>[] = [
  [
    'answers pictures: PNG, JPEG or WebP',
    async (subject) => {
      await assertPictures(subject, {});
      assert.ok(subject.requests() > 0, 'the harness counted no request');
    },
  ],
  [
    'draws in every ratio and with as many references as it lists',
    async (subject) => {
      const { can } = tested(subject, 'image').entry;
      for (const ratio of can.ratios) await assertPictures(subject, { ratio, ...sizeOf(ratio) });
      await assertPictures(subject, { images: references(subject, can.references ?? 0) });
    },
  ],
];

/**
 * What every image model must do. `lacks` names what the model or the harness leaves out: the cases that need it say `skip`, and a case fails
 * when that list is not right.
 */
export function imageModelCases<S extends ModelSubject>(
  harness: Harness<S>,
  lacks: readonly ModelCapability[] = [],
): readonly ConformanceCase[] {
  return modelCases(harness, painter, DRAWS, lacks);
}
