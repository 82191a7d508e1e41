import type { ClipWish, Picture } from './content.ts';
import { pictureOf } from './generate-shapes.ts';
import { given } from './given.ts';
import type { Served } from './models.ts';
import { GoogleRefusal } from './refusal.ts';
import { anyCase, base64, bool, fields, integer, labels, listOf, oneOf, text } from './shapes.ts';

interface Media {
  readonly bytesBase64Encoded: string;
  readonly mimeType: string;
}

interface VeoRequest {
  readonly instances: readonly [
    {
      readonly prompt?: string;
      readonly image?: Media;
      readonly lastFrame?: Media;
      readonly referenceImages?: readonly { readonly image: Media }[];
    },
  ];
  readonly parameters?: {
    readonly sampleCount?: number;
    readonly storageUri?: string;
    readonly durationSeconds?: number;
    readonly seed?: number;
    readonly aspectRatio?: string;
    readonly resolution?: string;
    readonly generateAudio?: boolean;
  };
}

/** Pictures come inline: this fake reads none from buckets. */
const media = fields({ bytesBase64Encoded: base64, mimeType: text }, ['bytesBase64Encoded', 'mimeType']);
const instance = fields({
  prompt: text,
  image: media,
  lastFrame: media,
  referenceImages: listOf(fields({ image: media, referenceType: anyCase('asset') }, ['image', 'referenceType']), 3),
});

function checkShape(body: unknown, { durations = [], resolutions = [] }: Served): void {
  const parameters = fields({
    sampleCount: integer(1, 4),
    storageUri: text,
    fps: oneOf(24),
    durationSeconds: oneOf(...durations),
    seed: integer(0, 4_294_967_295),
    aspectRatio: oneOf('16:9', '9:16'),
    resolution: oneOf(...resolutions),
    personGeneration: anyCase('dont_allow', 'allow_adult', 'allow_all'),
    pubsubTopic: text,
    negativePrompt: text,
    enhancePrompt: bool,
    generateAudio: bool,
    compressionQuality: anyCase('optimized', 'lossless'),
    resizeMode: anyCase('pad', 'crop'),
    task: oneOf('textToVideo', 'imageToVideo', 'referenceToVideo'),
  });
  fields({ instances: listOf(instance, 1), parameters, labels }, ['instances'])(body, '');
}

function refuse(message: string): never {
  throw new GoogleRefusal(400, message);
}

function checkTogether({ instances, parameters }: VeoRequest, model: string, { pictures = 0 }: Served): void {
  const [{ prompt = '', image, lastFrame, referenceImages }] = instances;
  if (prompt === '' && image === undefined) refuse('Text prompt or image is required.');
  if (image !== undefined && referenceImages !== undefined) refuse('Image and reference images cannot be both set.');
  if (lastFrame !== undefined && image === undefined) refuse('Last frame needs a first frame: image is not set.');
  if (referenceImages !== undefined && pictures === 0) refuse(`Reference images are not supported by ${model}.`);
  if (referenceImages !== undefined && (parameters?.durationSeconds ?? 8) !== 8)
    refuse('Reference to video supports a duration of 8 seconds only.');
}

const picture = (media: Media | undefined): Picture | undefined =>
  media && pictureOf(media.bytesBase64Encoded, media.mimeType);

/** A request for clips, read. */
export interface VeoAsk {
  readonly samples: number;
  readonly storageUri: string | undefined;
  readonly wish: ClipWish;
}

/** The body of `predictLongRunning`, checked and read. Throws the 400 that a wrong one gets. */
export function veoRequest(body: unknown, model: string, served: Served): VeoAsk {
  checkShape(body, served);
  const request = body as VeoRequest;
  checkTogether(request, model, served);
  const { parameters = {} } = request;
  const [{ prompt = '', image, lastFrame, referenceImages = [] }] = request.instances;
  for (const reference of referenceImages) picture(reference.image);
  return {
    samples: parameters.sampleCount ?? 1,
    storageUri: parameters.storageUri,
    wish: {
      prompt,
      seconds: parameters.durationSeconds ?? 8,
      resolution: parameters.resolution ?? '720p',
      audio: parameters.generateAudio ?? true,
      ratio: parameters.aspectRatio ?? '16:9',
      ...given({ seed: parameters.seed, start: picture(image), end: picture(lastFrame) }),
    },
  };
}
