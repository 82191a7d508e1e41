import type { CallOptions } from 'vidpipe/provider';
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

/** Names a call in billing reports. Values of labels are lower-case letters, digits, `_` and `-`, at most 63; the end of an id tells most. */
const callLabel = (callId: string): string =>
  callId
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(-63);

/** Labels for billing reports, which only Vertex takes: the user's, and the call. */
export function labelsOf(
  { target, vertex }: ModelContext,
  { callId }: Pick<CallOptions, 'callId'>,
): { readonly labels?: Record<string, string> } {
  return target.surface === 'vertex' ? { labels: { ...vertex.labels, vidpipe_call: callLabel(callId) } } : {};
}

/** Gemini's seeds are signed 32-bit numbers. */
export function seedOf({ seed }: { readonly seed?: number }): { readonly seed?: number } {
  return seed === undefined ? {} : { seed: seed & 0x7fff_ffff };
}
