import { randomBytes, randomUUID } from 'node:crypto';
import { PROJECT } from './auth.ts';
import { type ClipJob, type Clips, usable } from './clips.ts';
import type { Cloud } from './cloud.ts';
import { type GoogleFault, quotaText, type ScriptedFault } from './faults.ts';
import { given } from './given.ts';
import type { ServedModel } from './models.ts';
import { GoogleRefusal } from './refusal.ts';
import type { Asked } from './routes.ts';
import { fields, text } from './shapes.ts';
import { json } from './storage-replies.ts';
import { veoRequest } from './veo-shapes.ts';

/** Where a job writes: a folder with a random name of 64 bits under the prefix. */
export function placeOf(storageUri: string | undefined, samples: number): Pick<ClipJob, 'bucket' | 'objects'> {
  if (storageUri === undefined) return {};
  const [, bucket, prefix = ''] = /^gs:\/\/([^/]+)(?:\/(.*?))?\/*$/.exec(storageUri) ?? [];
  if (bucket === undefined) throw new GoogleRefusal(400, `Invalid Cloud Storage URI: ${storageUri}`);
  const folder = `${prefix === '' ? '' : `${prefix}/`}${randomBytes(8).readBigUInt64BE()}`;
  return { bucket, objects: Array.from({ length: samples }, (_, nth) => `${folder}/sample_${nth}.mp4`) };
}

/** Answers `predictLongRunning`: the name of the operation. */
export async function startVeo(
  cloud: Cloud,
  clips: Clips,
  { project = PROJECT, location = 'us-central1' }: Asked,
  { id: model, model: served }: ServedModel,
  body: unknown,
  scripted: ScriptedFault | undefined,
): Promise<Response> {
  const { samples, storageUri, wish } = veoRequest(body, model, served);
  const { seconds, resolution, audio } = wish;
  const id = randomUUID();
  const place = placeOf(storageUri, samples);
  const delivery = place.bucket === undefined ? 'inline' : 'uri';
  const job = { id, model, at: cloud.clock.now(), samples, seconds, resolution, audio, delivery } as const;
  await clips.accept({ ...job, ...place, ...given({ scripted }) }, wish);
  return json({ name: `projects/${project}/locations/${location}/publishers/google/models/${model}/operations/${id}` });
}

interface OperationError {
  readonly code: number;
  readonly message: string;
}

const FEEDBACK = 'If you think this was an error, send feedback.';
const ERRORS: Partial<Record<GoogleFault, (job: ClipJob) => OperationError>> = {
  'error-3': (job) => ({
    code: 3,
    message: `The prompt could not be submitted. This prompt contains words that violate Vertex AI's usage guidelines. Try rephrasing the prompt. ${FEEDBACK} ${codesOf(job, '58061214')}`,
  }),
  'error-3-image': (job) => ({
    code: 3,
    message: `Veo could not generate videos because the input image violates Vertex AI's usage guidelines. ${FEEDBACK} ${codesOf(job, '15236754')}`,
  }),
  'error-8': ({ model }) => ({ code: 8, message: quotaText(model) }),
  'error-13': () => ({
    code: 13,
    message: 'The service is currently experiencing high load. Please try again later.',
  }),
};

function codesOf({ scripted }: ClipJob, code: string): string {
  return `Support codes: ${(scripted?.codes ?? [code]).join(', ')}`;
}

const SOUND =
  'We encountered an issue with the audio for your prompt, which means we could not create your video. This can sometimes happen due to our safety filters or other processing issues. Please modify your request and try again. You have not been charged for this attempt.';

function filteredOf(job: ClipJob): object {
  const { samples, scripted } = job;
  const count = samples - usable(job);
  if (scripted?.fault === 'filtered-without-code')
    return { raiMediaFilteredCount: count, raiMediaFilteredReasons: [SOUND] };
  const reason = `Veo could not generate ${count} videos based on the prompt provided. You will not be charged for this request. Try rephrasing the prompt. ${FEEDBACK} ${codesOf(job, '42237218')}`;
  return { raiMediaFilteredCount: count, ...(count > 0 ? { raiMediaFilteredReasons: [reason] } : {}) };
}

async function videosOf(clips: Clips, job: ClipJob): Promise<object[]> {
  await clips.store();
  const { bucket, objects = [] } = job;
  return Promise.all(
    Array.from({ length: usable(job) }, async (_, nth) => {
      if (bucket !== undefined) return { gcsUri: `gs://${bucket}/${objects[nth]}`, mimeType: 'video/mp4' };
      const bytes = Buffer.from(await clips.bytes(job, nth));
      return { bytesBase64Encoded: bytes.toString('base64'), mimeType: 'video/mp4' };
    }),
  );
}

/** Answers `fetchPredictOperation`. */
export async function checkVeo(clips: Clips, model: string, body: unknown): Promise<Response> {
  fields({ operationName: text }, ['operationName'])(body, '');
  const name = (body as { readonly operationName: string }).operationName;
  const [, of, id = ''] =
    /^projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/([^/]+)\/operations\/([^/]+)$/.exec(name) ?? [];
  const job = clips.find(id);
  if (job === undefined) throw new GoogleRefusal(404, `The operation ${name} was not found.`);
  if (of !== model || job.model !== model)
    throw new GoogleRefusal(400, `The operation ${name} is not one of the model ${model}.`);
  if (!clips.done(job)) return json({ name });
  const error = job.scripted && ERRORS[job.scripted.fault]?.(job);
  if (error !== undefined) return json({ name, done: true, error });
  if (job.scripted?.fault === 'empty') return json({ name, done: true, response: {} });
  const videos = await videosOf(clips, job);
  const type = 'type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse';
  const response = { '@type': type, ...filteredOf(job), ...(videos.length > 0 ? { videos } : {}) };
  return json({ name, done: true, response });
}
