import type { Picture } from './content.ts';
import { pictureOf } from './generate-shapes.ts';
import { given } from './given.ts';
import type { Served } from './models.ts';
import { GoogleRefusal } from './refusal.ts';
import type { Asked } from './routes.ts';
import { base64, bool, fields, integer, labels, number, oneOf, text } from './shapes.ts';

interface Item {
  readonly type: 'text' | 'image';
  readonly text?: string;
  readonly data?: string;
  readonly mime_type?: string;
}

interface VideoFormat {
  readonly aspect_ratio?: string;
  readonly resolution?: string;
  readonly duration?: string;
  readonly delivery?: 'inline' | 'uri';
  readonly gcs_uri?: string;
}

/** A request for an interaction, read. */
export interface OmniRequest {
  readonly background: boolean;
  readonly prompt: string;
  readonly pictures: readonly Picture[];
  readonly ratio: string;
  readonly resolution: string;
  readonly seconds: number;
  readonly delivery: 'inline' | 'uri';
  readonly gcsUri?: string;
  readonly seed?: number;
  readonly task?: string;
}

const TASKS = ['text_to_video', 'image_to_video', 'reference_to_video'];
/** How many pictures each task takes. */
const PICTURES: Readonly<Record<string, readonly [number, number]>> = {
  text_to_video: [0, 0],
  image_to_video: [1, 2],
  reference_to_video: [1, Infinity],
};
const ITEM = {
  text: fields({ type: text, text }, ['text']),
  image: fields({ type: text, data: base64, mime_type: text, resolution: text }, ['data', 'mime_type']),
};

function refuse(message: string): never {
  throw new GoogleRefusal(400, message);
}

/** Text, or a list of text and pictures. */
function input(value: unknown, at: string): void {
  if (typeof value === 'string') return;
  if (!Array.isArray(value) || value.length === 0) refuse(`Invalid value at '${at}': text or a list of content`);
  for (const [index, item] of (value as Item[]).entries()) {
    const place = `${at}[${index}]`;
    oneOf('text', 'image')(Object(item).type, `${place}.type`);
    ITEM[item.type](item, place);
  }
}

function checkShape(body: unknown, { surface }: Asked, { durations = [], resolutions = [] }: Served): void {
  const format = fields(
    {
      type: oneOf('video'),
      aspect_ratio: oneOf('16:9', '9:16'),
      resolution: oneOf(...resolutions),
      duration: oneOf(...durations.map((seconds) => `${seconds}s`)),
      delivery: oneOf('inline', 'uri'),
      ...(surface === 'vertex' ? { gcs_uri: text } : {}),
    },
    ['type'],
  );
  const config = fields({
    seed: integer(),
    temperature: number,
    top_p: number,
    max_output_tokens: integer(1),
    video_config: fields({ task: oneOf(...TASKS) }),
  });
  fields(
    {
      model: text,
      input,
      background: bool,
      store: bool,
      stream: oneOf(false),
      response_format: (value, at) => format(Array.isArray(value) && value.length === 1 ? value[0] : value, at),
      generation_config: config,
      system_instruction: text,
      labels,
    },
    ['model', 'input', 'response_format'],
  )(body, '');
}

/** The body of `interactions.create`, checked and read. Throws the 400 that a wrong one gets. */
export function omniRequest(body: unknown, asked: Asked, model: Served): OmniRequest {
  checkShape(body, asked, model);
  const sent = body as {
    readonly input: string | readonly Item[];
    readonly background?: boolean;
    readonly store?: boolean;
    readonly response_format: VideoFormat | readonly [VideoFormat];
    readonly generation_config?: { readonly seed?: number; readonly video_config?: { readonly task?: string } };
  };
  const { input, background = false, store = true, generation_config: config = {} } = sent;
  const items: readonly Item[] = typeof input === 'string' ? [{ type: 'text', text: input }] : input;
  const pictures = items.flatMap(({ data, mime_type: type = '' }) =>
    data === undefined ? [] : [pictureOf(data, type)],
  );
  const format = [sent.response_format].flat()[0] ?? {};
  const task = config.video_config?.task;
  const [least, most] = PICTURES[task ?? ''] ?? [0, Infinity];
  if (background && !store) refuse('store=false is incompatible with background=true.');
  if (pictures.length < least || pictures.length > Math.min(most, model.pictures ?? 0))
    refuse(`${pictures.length} images do not fit the task ${task ?? 'that was chosen'}.`);
  if (asked.surface === 'vertex' && format.delivery === 'uri' && format.gcs_uri === undefined)
    refuse('gcs_uri is required for delivery by uri.');
  return {
    background,
    pictures,
    prompt: items.flatMap((item) => item.text ?? []).join('\n'),
    ratio: format.aspect_ratio ?? '16:9',
    resolution: format.resolution ?? '720p',
    seconds: Number.parseInt(format.duration ?? '8s', 10),
    delivery: format.delivery ?? 'inline',
    ...given({ gcsUri: format.gcs_uri, seed: config.seed, task }),
  };
}
