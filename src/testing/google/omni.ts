import { createHash, randomUUID } from 'node:crypto';
import { type ClipJob, type Clips, usable } from './clips.ts';
import { type Cloud, think, TIMES } from './cloud.ts';
import type { ScriptedFault } from './faults.ts';
import { PICTURE_TOKENS, tokensOf } from './generate.ts';
import { given } from './given.ts';
import type { ServedModel } from './models.ts';
import { omniRequest } from './omni-shapes.ts';
import { GoogleRefusal } from './refusal.ts';
import type { Asked } from './routes.ts';
import { json } from './storage-replies.ts';
import { placeOf } from './veo.ts';

/** Video tokens of a second; at 720p as Google reports it, the others in proportion to their price. */
const TOKENS: Readonly<Record<string, number>> = { '360p': 1_738, '720p': 5_792, '1080p': 8_688, '4k': 17_376 };
const REFUSAL = 'I cannot make this video, because it may go against the usage policies. Please try another prompt.';

/** An interaction's name is its job's, without the dashes. */
const nameOf = ({ id }: ClipJob): string => `v1_${id.replaceAll('-', '')}`;
const idOf = (name: string): string => name.replace(/^v1_(\w{8})(\w{4})(\w{4})(\w{4})(\w{12})$/, '$1-$2-$3-$4-$5');

function stateOf({ cancelledAt, scripted }: ClipJob, done: boolean): string {
  if (cancelledAt !== undefined) return 'cancelled';
  if (!done) return 'in_progress';
  if (scripted?.fault === 'failed') return 'failed';
  return scripted?.fault === 'budget-exceeded' ? 'budget_exceeded' : 'completed';
}

/** The services of Omni: interactions, and the files that they leave. */
export class Omni {
  readonly #cloud: Cloud;
  readonly #clips: Clips;

  constructor(cloud: Cloud, clips: Clips) {
    this.#cloud = cloud;
    this.#clips = clips;
  }

  /** Answers `interactions.create`: at once for a background job, else when it is done. */
  async create(
    asked: Asked,
    { id: model, model: served }: ServedModel,
    body: unknown,
    scripted: ScriptedFault | undefined,
    origin: string,
  ): Promise<Response> {
    const { background, pictures, prompt, task, gcsUri, delivery, ...wish } = omniRequest(body, asked, served);
    const [start, end] = task === 'reference_to_video' ? [] : pictures;
    const promptTokens = tokensOf(prompt) + PICTURE_TOKENS * pictures.length;
    const job: ClipJob = {
      id: randomUUID(),
      model,
      at: this.#cloud.clock.now(),
      samples: 1,
      seconds: wish.seconds,
      resolution: wish.resolution,
      audio: true,
      promptTokens,
      delivery,
      ...placeOf(gcsUri, 1),
      ...given({ scripted }),
    };
    await this.#clips.accept(job, { ...wish, prompt, audio: true, ...given({ start, end }) });
    if (!background) await think(this.#cloud, TIMES.clip);
    return json(background ? this.#brief(job, false) : await this.#whole(job, origin));
  }

  /** Answers `interactions.get`. */
  async get(name: string, origin: string): Promise<Response> {
    const job = this.#find(name);
    return json(this.#clips.done(job) ? await this.#whole(job, origin) : this.#brief(job, false));
  }

  /** Answers `interactions.cancel`. */
  async cancel(name: string, origin: string): Promise<Response> {
    const cancelled = await this.#clips.cancel(this.#find(name));
    if (cancelled === undefined)
      throw new GoogleRefusal(400, 'Only background interactions that are still running can be cancelled.');
    return json(await this.#whole(cancelled, origin));
  }

  /** Answers a look at a file, or its download. */
  async file(id: string, download: boolean, origin: string): Promise<Response> {
    const job = this.#clips.find(id);
    if (job === undefined || job.delivery !== 'uri' || !this.#clips.done(job) || usable(job) === 0)
      throw new GoogleRefusal(403, `You do not have permission to access the File ${id} or it may not exist.`);
    const bytes = await this.#clips.bytes(job, 0);
    if (download) {
      const headers = { 'content-type': 'video/mp4', 'content-length': String(bytes.byteLength) };
      return new Response(bytes, { headers });
    }
    const [uri, sha256Hash] = [`${origin}/v1beta/files/${id}`, createHash('sha256').update(bytes).digest('base64')];
    const facts = { mimeType: 'video/mp4', sizeBytes: String(bytes.byteLength), sha256Hash, state: 'ACTIVE' };
    return json({ name: `files/${id}`, ...facts, uri, downloadUri: `${uri}:download?alt=media`, source: 'GENERATED' });
  }

  #find(name: string): ClipJob {
    const job = this.#clips.find(idOf(name));
    if (job === undefined) throw new GoogleRefusal(400, `Invalid interaction name: ${name}`);
    return job;
  }

  #brief(job: ClipJob, done: boolean): object {
    return { id: nameOf(job), status: stateOf(job, done), object: 'interaction' };
  }

  async #whole(job: ClipJob, origin: string): Promise<object> {
    const { model, at, promptTokens = 0, seconds, resolution } = job;
    const video = usable(job) * seconds * (TOKENS[resolution] ?? 0);
    const words = job.scripted?.fault === 'refusal' ? tokensOf(REFUSAL) : 0;
    const tokens = [
      { modality: 'text', tokens: words },
      { modality: 'video', tokens: video },
    ].filter((each) => each.tokens > 0);
    const usage = {
      total_tokens: promptTokens + words + video,
      total_input_tokens: promptTokens,
      output_tokens_by_modality: tokens,
      total_output_tokens: words + video,
    };
    const [created, updated] = [at, this.#cloud.clock.now()].map((time) => new Date(time).toISOString());
    return { ...this.#brief(job, true), model, usage, steps: await this.#steps(job, origin), created, updated };
  }

  async #steps(job: ClipJob, origin: string): Promise<object[]> {
    if (job.scripted?.fault === 'refusal')
      return [{ type: 'model_output', content: [{ type: 'text', text: REFUSAL }] }];
    if (usable(job) === 0) return [];
    const content = { type: 'video', mime_type: 'video/mp4', ...(await this.#clip(job, origin)) };
    return [{ type: 'thought' }, { type: 'model_output', content: [content] }];
  }

  async #clip(job: ClipJob, origin: string): Promise<object> {
    if (job.bucket !== undefined) {
      await this.#clips.store();
      return { uri: `gs://${job.bucket}/${job.objects?.[0]}` };
    }
    if (job.delivery === 'uri') return { uri: `${origin}/v1beta/files/${job.id}:download?alt=media` };
    return { data: Buffer.from(await this.#clips.bytes(job, 0)).toString('base64') };
  }
}
