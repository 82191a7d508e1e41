import type { GoogleModel } from './catalogue/index.ts';
import type { Connection, Target } from './client.ts';
import type { VertexOptions } from './options.ts';

/** What an adapter gets to speak to one model. */
export interface ModelContext<M extends GoogleModel = GoogleModel> {
  readonly connection: Connection;
  readonly target: Target;
  readonly model: M;
  /** The user's terms on Vertex; empty on the Developer API. */
  readonly vertex: VertexOptions;
}

/** Labels for billing reports, which only Vertex takes. */
export function labelsOf({ vertex: { labels } }: ModelContext): { readonly labels?: Record<string, string> } {
  return labels === undefined ? {} : { labels: { ...labels } };
}

/** Gemini's seeds are signed 32-bit numbers. */
export function seedOf({ seed }: { readonly seed?: number }): { readonly seed?: number } {
  return seed === undefined ? {} : { seed: seed & 0x7fff_ffff };
}
