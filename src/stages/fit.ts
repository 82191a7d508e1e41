import type { ModelEntry } from '../spec/index.ts';
import type { Ask, ImageAsk } from './requests.ts';
import { lines } from './wording.ts';

/** The name of the smallest size that covers the frame, else of the largest. */
function sizeFor(
  ask: ImageAsk,
  sizes: readonly { readonly name: string; readonly pixels: number }[],
): string | undefined {
  const wanted = Math.max(ask.width, ask.height);
  return (sizes.find(({ pixels }) => pixels >= wanted) ?? sizes.at(-1))?.name;
}

/** Takes that one call brings at most. */
function takesAtOnce(entry: ModelEntry): number {
  return entry.kind === 'video' ? (entry.can.takes ?? 1) : 1;
}

/** The calls that bring a number of takes: how many of them each asks for. */
export function callsFor(entry: ModelEntry, takes: number): readonly number[] {
  const most = takesAtOnce(entry);
  return Array.from({ length: Math.ceil(takes / most) }, (_, nth) => Math.min(most, takes - nth * most));
}

/** What a model is really sent of an ask: what must not be seen goes into the words where it has no field of its own for that, a picture gets one of its sizes, and no call asks for more takes than the model brings. */
export function fitAsk(ask: Ask, entry: ModelEntry): Ask {
  if (ask.kind === 'text' || entry.kind === 'text') return ask;
  const { negativePrompt, ...rest } = ask;
  const worded = entry.can.negativePrompt === true || negativePrompt === undefined;
  const fitted = worded ? ask : { ...rest, prompt: lines(ask.prompt, `Must not be seen: ${negativePrompt}`) };
  if (fitted.kind === 'video') return { ...fitted, takes: Math.min(fitted.takes, takesAtOnce(entry)) };
  if (entry.kind !== 'image') return fitted;
  const size = sizeFor(fitted, entry.can.sizes ?? []);
  return size === undefined ? fitted : { ...fitted, size };
}
