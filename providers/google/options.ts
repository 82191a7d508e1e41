import { InvalidSettingsError } from 'vidpipe';
import { z } from 'zod';
import type { GoogleModel } from './catalogue/index.ts';

/** Vertex, also called the Gemini Enterprise Agent Platform. */
export interface VertexOptions {
  /** @default the environment variable GOOGLE_CLOUD_PROJECT, unless there is an `apiKey` */
  readonly project?: string;
  /** Region of the models that have one, such as Veo; the others are asked at `global`. @default 'us-central1' */
  readonly location?: string;
  /** Cloud Storage bucket, without `gs://`, that videos are written to. With it a lost submission can be found again. @default videos come inline */
  readonly bucket?: string;
  /** Folder in the bucket. @default 'vidpipe' */
  readonly prefix?: string;
  /** A service account. @default application default credentials */
  readonly credentials?: { readonly clientEmail: string; readonly privateKey: string };
  /** Path of a credential file. */
  readonly keyFile?: string;
  /** An express or enterprise key, in place of credentials. */
  readonly apiKey?: string;
  /** Labels of every request, for billing reports. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Options of `google`. */
export interface GoogleOptions {
  /** Offers the models of Vertex. */
  readonly vertex?: VertexOptions;
  /**
   * Offers the models of the Gemini Developer API; a model that lives on both is asked at Vertex.
   * @default the environment variable GEMINI_API_KEY or GOOGLE_API_KEY, where there is no `vertex`
   */
  readonly apiKey?: string;
  /** Other addresses of the services: proxies, or fakes on this machine. Only here may one be http. */
  readonly baseUrls?: { readonly vertex?: string; readonly developer?: string; readonly storage?: string };
  /** Changes to models of the catalogue, field by field, and models of your own, by id. */
  readonly models?: Readonly<Record<string, Partial<GoogleModel>>>;
}

const word = z.string().trim().min(1);
const date = z.iso.date().or(z.iso.datetime());

const surface = z.strictObject({
  id: word.optional(),
  location: z.enum(['global', 'regional']).optional(),
  stage: z.enum(['preview', 'stable', 'retired']),
  launched: date.optional(),
  retires: date.optional(),
  replacement: word.optional(),
});

/** What of a model is not checked where it is defined. */
const model = z.strictObject({
  kind: z.enum(['text', 'image', 'video']),
  api: z.enum(['gemini', 'imagen', 'veo', 'omni']),
  surfaces: z.strictObject({ vertex: surface.optional(), developer: surface.optional() }),
  can: z.record(z.string(), z.unknown()),
  rates: z.array(z.unknown()),
  times: z.record(z.string(), z.unknown()).optional(),
  limits: z.record(z.string(), z.unknown()).optional(),
});

/** Protocols of each kind. */
const APIS = { text: ['gemini'], image: ['gemini', 'imagen'], video: ['veo', 'omni'] };
const wholeModel = model.refine(({ kind, api }) => APIS[kind].includes(api), {
  path: ['api'],
  error: 'expected gemini for text, gemini or imagen for images, veo or omni for video',
});

const url = z.url({ protocol: /^https?$/, error: 'expected an http or https address' });

const options = z.strictObject({
  vertex: z
    .strictObject({
      project: word.optional(),
      location: word.regex(/^[a-z0-9-]+$/, 'expected a region such as us-central1').optional(),
      bucket: word.regex(/^[a-z0-9][\w.-]{1,220}[a-z0-9]$/, 'expected the name of a bucket, without gs://').optional(),
      prefix: word.regex(/^[\w.-]+(\/[\w.-]+)*$/, 'expected a folder such as films/vidpipe').optional(),
      credentials: z.strictObject({ clientEmail: word, privateKey: word }).optional(),
      keyFile: word.optional(),
      apiKey: word.optional(),
      labels: z.record(z.string(), z.string()).optional(),
    })
    .refine(
      ({ credentials, keyFile, apiKey }) =>
        [credentials, keyFile, apiKey].filter((each) => each !== undefined).length <= 1,
      'credentials, keyFile and apiKey exclude each other',
    )
    .optional(),
  apiKey: word.optional(),
  baseUrls: z.strictObject({ vertex: url.optional(), developer: url.optional(), storage: url.optional() }).optional(),
  models: z.record(z.string(), model.partial()).optional(),
});

/** What a failed parse tells. */
interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Issues of a failed parse, each with the path of its field. */
export function issuesOf({ issues }: { readonly issues: readonly Fault[] }): string[] {
  return issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
}

/** Throws `InvalidSettingsError` that names every field that is unknown or wrong. */
export function checkOptions(given: GoogleOptions): void {
  const parsed = options.safeParse(given);
  if (!parsed.success) throw new InvalidSettingsError({ issues: issuesOf(parsed.error) });
}

/** A catalogue with the user's changes. Throws `InvalidSettingsError` for a new model that is not complete. */
export function changedModels(
  catalogue: Readonly<Record<string, GoogleModel>>,
  changes: GoogleOptions['models'] = {},
): Readonly<Record<string, GoogleModel>> {
  const changed = Object.entries(changes).map(([id, fields]) => [id, { ...catalogue[id], ...fields }] as const);
  const issues = changed.flatMap(([id, entry]) => {
    const parsed = wholeModel.safeParse(entry);
    return parsed.success ? [] : issuesOf(parsed.error).map((issue) => `models.${id}.${issue}`);
  });
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  return { ...catalogue, ...(Object.fromEntries(changed) as Record<string, GoogleModel>) };
}
