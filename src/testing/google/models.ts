import type { Asked } from './routes.ts';
import { GoogleRefusal } from './refusal.ts';

/** What a request for a model is: its product. */
export type Product = 'text' | 'image' | 'imagen' | 'veo' | 'omni';

/** A model on one surface. */
interface Place {
  /** Its id there. @default the model's */
  readonly id?: string;
  /** Of Vertex. @default 'global' */
  readonly location?: string;
  /** Gone from then on, ISO 8601. */
  readonly until?: string;
  /** Not there under `v1` of the Developer API. */
  readonly betaOnly?: true;
}

/** What a model is offered with. */
export interface Served {
  readonly product: Product;
  readonly vertex?: Place;
  readonly developer?: Place;
  readonly sizes?: readonly string[];
  readonly resolutions?: readonly string[];
  readonly durations?: readonly number[];
  /** Pictures that a request may bring. */
  readonly pictures?: number;
}

const both = { vertex: {}, developer: {} };
const beta = { vertex: {}, developer: { betaOnly: true } } as const;
const writer: Served = { product: 'text', ...both };
const imagen: Served = { product: 'imagen', vertex: { location: 'us-central1', until: '2026-08-17' } };
const SIZES = ['1K', '2K', '4K'];

const veo = (pictures: number, resolutions: readonly string[], until?: string): Served => ({
  product: 'veo',
  vertex: { location: 'us-central1', ...(until === undefined ? {} : { until }) },
  resolutions,
  durations: [4, 6, 8],
  pictures,
});
const seconds = (most: number): number[] => Array.from({ length: most - 2 }, (_, index) => index + 3);
const OMNI = ['360p', '720p', '1080p', '4k'];

/** A model and its own id. */
export interface ServedModel {
  readonly id: string;
  readonly model: Served;
}

/** The models that the loopback Google serves (model pages as crawled in October 2026). */
const MODELS: Readonly<Record<string, Served>> = {
  'gemini-3.8-flash': writer,
  'gemini-3.6-flash': writer,
  'gemini-3.5-flash-lite': { product: 'text', vertex: { until: '2027-07-21' }, developer: {} },
  'gemini-3.1-pro-preview': { product: 'text', ...beta },
  'gemini-4-argon': writer,
  'gemini-4-carbon': writer,
  'gemini-nano-banana-2.1': { product: 'image', ...beta, sizes: SIZES, pictures: 10 },
  'gemini-3-pro-image': {
    product: 'image',
    vertex: { until: '2027-05-28' },
    developer: {},
    sizes: SIZES,
    pictures: 14,
  },
  'gemini-3.1-flash-lite-image': {
    product: 'image',
    vertex: { until: '2027-06-28' },
    developer: {},
    sizes: ['1K'],
    pictures: 14,
  },
  'gemini-3.1-flash-image': {
    product: 'image',
    vertex: { until: '2027-05-28' },
    developer: { until: '2026-10-29' },
    sizes: ['512', ...SIZES],
    pictures: 14,
  },
  'gemini-2.5-flash-image': {
    product: 'image',
    vertex: { until: '2027-03-15' },
    developer: { until: '2026-10-02' },
    sizes: ['1K'],
    pictures: 3,
  },
  'imagen-4.0-generate-001': imagen,
  'imagen-4.0-fast-generate-001': imagen,
  'imagen-4.0-ultra-generate-001': imagen,
  'imagen-3.0-generate-002': imagen,
  'veo-3.1-generate-001': veo(3, ['720p', '1080p', '4k'], '2027-05-04'),
  'veo-3.1-fast-generate-001': veo(3, ['720p', '1080p'], '2027-05-04'),
  'veo-3.1-lite-generate-001': veo(0, ['720p', '1080p']),
  'gemini-omni-1.1-flash': {
    product: 'omni',
    vertex: { id: 'gemini-omni-1.1-flash-preview' },
    developer: {},
    durations: seconds(10),
    resolutions: OMNI,
    pictures: 10,
  },
  'gemini-omni-1.2-flash': { product: 'omni', ...both, durations: seconds(15), resolutions: OMNI, pictures: 6 },
};

/** Families that are gone: Google says so rather than that it never knew them. */
const GONE =
  /^(gemini-(1|2\.0|2\.5-(pro|flash|flash-lite)$)|gemini-omni-flash-preview|veo-(2|3\.0|3\.1.*preview)|imagen)/;

/** How Google answers for a model that it took away. */
export function goneRefusal(id: string): GoogleRefusal {
  const advice = 'Please update your code to use a newer model for the latest features and improvements.';
  return new GoogleRefusal(404, `This model models/${id} is no longer available. ${advice}`);
}

function unknownRefusal({ surface, version, project, location, action }: Asked, id: string): GoogleRefusal {
  const name = `projects/${project}/locations/${location}/publishers/google/models/${id}`;
  const message =
    surface === 'vertex'
      ? `Publisher Model \`${name}\` was not found or your project does not have access to it. Please ensure you are using a valid model version. For more information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions`
      : `models/${id} is not found for API version ${version}, or is not supported for ${action}. Call ListModels to see the list of available models and their supported methods.`;
  return new GoogleRefusal(404, message);
}

const ACTIONS: Readonly<Record<Product, readonly string[]>> = {
  text: ['generateContent', 'streamGenerateContent'],
  image: ['generateContent', 'streamGenerateContent'],
  imagen: ['predict'],
  veo: ['predictLongRunning', 'fetchPredictOperation'],
  omni: ['interactions'],
};

/** Whether a place is not where the request looks. */
function elsewhere({ surface, version, location, action }: Asked, place: Place): boolean {
  if (surface === 'vertex') return location !== undefined && location !== (place.location ?? 'global');
  return place.betaOnly === true && version === 'v1' && action !== 'interactions';
}

/** A model that serves a request, under its own id. Throws the 404 of a model that is unknown, gone, elsewhere or does something else. */
export function servedModel(asked: Asked, wanted: string, now: number): ServedModel {
  const found = Object.entries(MODELS).find(
    ([id, { [asked.surface]: at }]) => at !== undefined && (at.id ?? id) === wanted,
  );
  if (found === undefined) throw GONE.test(wanted) ? goneRefusal(wanted) : unknownRefusal(asked, wanted);
  const [id, model] = found;
  const place = model[asked.surface] ?? {};
  if (place.until !== undefined && Date.parse(place.until) <= now) throw goneRefusal(wanted);
  if (elsewhere(asked, place) || !ACTIONS[model.product].includes(asked.action)) throw unknownRefusal(asked, wanted);
  return { id, model };
}
