import { usd } from 'vidpipe';
import type { ModelEntry, ModelId, Rate } from 'vidpipe/provider';

/** Where a model is served: Vertex (the Gemini Enterprise Agent Platform) or the Gemini Developer API. */
export type SurfaceName = 'vertex' | 'developer';

/** A model on one surface, where it may have a name, a stage and an end of its own. */
export interface Surface {
  /** Google's id of it there. @default the model's id */
  readonly id?: string;
  /** Vertex only: `global`, or the region of `vertex.location`. @default 'global' */
  readonly location?: 'global' | 'regional';
  readonly stage: 'preview' | 'stable' | 'retired';
  /** Since when it is offered there, ISO 8601. */
  readonly launched?: string;
  /** From when on it is refused, ISO 8601: the earliest date that Google names. */
  readonly retires?: string;
  /** Full id of the model to use instead. */
  readonly replacement?: ModelId;
}

/** What models of every kind say. */
export interface GoogleModelBase {
  /** The protocol that it speaks: `generateContent`, Imagen's `predict`, Veo's `predictLongRunning`, or interactions. */
  readonly api: 'gemini' | 'imagen' | 'veo' | 'omni';
  readonly surfaces: Readonly<Partial<Record<SurfaceName, Surface>>>;
  readonly rates: readonly Rate[];
  readonly times?: Partial<ModelEntry['times']>;
  readonly limits?: ModelEntry['limits'];
}

/** One of Google's models, as data. */
export type GoogleModel = GoogleModelBase &
  (
    | { readonly kind: 'text'; readonly can: Extract<ModelEntry, { kind: 'text' }>['can'] }
    | { readonly kind: 'image'; readonly can: Extract<ModelEntry, { kind: 'image' }>['can'] }
    | { readonly kind: 'video'; readonly can: Extract<ModelEntry, { kind: 'video' }>['can'] }
  );

/** Models by the id that a user writes, in the order of preference. */
export type GoogleModels = Readonly<Record<string, GoogleModel>>;

/** A rate in dollars as price lists print it; token prices are per million. */
export function rate(unit: Rate['unit'], dollars: string, rest: Omit<Rate, 'unit' | 'price'>): Rate {
  return { unit, price: usd(dollars), ...rest };
}

/** Prices per million tokens that go in and come out. */
export function tokens(input: string, output: string, rest: Omit<Rate, 'unit' | 'price'>): Rate[] {
  return [rate('input-token', input, rest), rate('output-token', output, rest)];
}

/** A rate for each resolution, or size of a picture; without `audio` the same with sound and silent. */
export function byResolution(
  unit: Rate['unit'],
  prices: Readonly<Record<string, string>>,
  { audio, ...rest }: { readonly source: string; readonly audio?: boolean },
): Rate[] {
  const sound = audio === undefined ? {} : { audio };
  return Object.entries(prices).map(([resolution, dollars]) =>
    rate(unit, dollars, { ...rest, when: { resolution, ...sound } }),
  );
}
