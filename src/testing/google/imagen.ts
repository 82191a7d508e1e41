import { randomUUID } from 'node:crypto';
import { type Cloud, think, TIMES } from './cloud.ts';
import type { ScriptedFault } from './faults.ts';
import { delivered, stillPixels } from './image.ts';
import { GoogleRefusal } from './refusal.ts';
import { anyCase, bool, fields, integer, labels, listOf, number, oneOf, text } from './shapes.ts';
import { json } from './storage-replies.ts';

const parameters = fields({
  negativePrompt: text,
  sampleCount: integer(1, 4),
  aspectRatio: oneOf('1:1', '3:4', '4:3', '9:16', '16:9'),
  guidanceScale: number,
  seed: integer(1),
  safetySetting: anyCase('block_low_and_above', 'block_medium_and_above', 'block_only_high', 'block_none'),
  personGeneration: anyCase('dont_allow', 'allow_adult', 'allow_all'),
  includeSafetyAttributes: bool,
  includeRaiReason: bool,
  language: text,
  outputOptions: fields({ mimeType: oneOf('image/png'), compressionQuality: integer(0, 100) }),
  addWatermark: bool,
  sampleImageSize: oneOf('1K', '2K'),
  enhancePrompt: bool,
});
const request = fields({ instances: listOf(fields({ prompt: text }, ['prompt']), 1), parameters, labels }, [
  'instances',
]);

interface ImagenRequest {
  readonly instances: readonly [{ readonly prompt: string }];
  readonly parameters?: {
    readonly sampleCount?: number;
    readonly aspectRatio?: string;
    readonly seed?: number;
    readonly includeRaiReason?: boolean;
    readonly addWatermark?: boolean;
    readonly sampleImageSize?: string;
  };
}

/** How many of the pictures the filter leaves. */
function left(count: number, scripted: ScriptedFault | undefined): number {
  if (scripted?.fault === 'partial') return count - 1;
  return scripted?.fault === 'filtered' ? 0 : count;
}

/** Answers Imagen's `predict`. Filtered pictures are not billed. */
export async function predictImages(
  cloud: Cloud,
  model: string,
  body: unknown,
  scripted: ScriptedFault | undefined,
): Promise<Response> {
  request(body, '');
  const { instances, parameters: given = {} } = body as ImagenRequest;
  const { sampleCount = 1, aspectRatio: ratio = '1:1', seed, sampleImageSize = '1K' } = given;
  if (seed !== undefined && given.addWatermark !== false)
    throw new GoogleRefusal(400, 'Seed is not supported when watermark is enabled.');
  const id = randomUUID();
  const images = left(sampleCount, scripted);
  const predictions: object[] = [];
  for (let nth = 0; nth < images; nth += 1) {
    const wish = {
      prompt: instances[0].prompt,
      ...stillPixels(ratio, sampleImageSize),
      seed: (seed ?? 0) + nth,
    };
    const bytes = delivered(await cloud.content.draw(`${id}/${nth}`, wish, []), scripted);
    predictions.push({ bytesBase64Encoded: Buffer.from(bytes).toString('base64'), mimeType: 'image/png' });
  }
  const raiFilteredReason = `The response is filtered. Support codes: ${(scripted?.codes ?? ['58061214']).join(', ')}`;
  if (given.includeRaiReason === true)
    for (let nth = images; nth < sampleCount; nth += 1) predictions.push({ raiFilteredReason });
  await cloud.ledger.bill({ id, model, at: cloud.clock.now(), usage: { images } });
  await think(cloud, TIMES.image);
  return json(predictions.length > 0 ? { predictions } : {});
}
