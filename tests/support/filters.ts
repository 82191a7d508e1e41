import { type ImageModel, perImage, perSecond, type Reply, type VideoModel } from 'vidpipe/provider';
import { mockImageModel, mockVideoModel } from 'vidpipe/testing';
import { type Clock, usd } from 'vidpipe';
import { clip, imageOf, still, videoOf } from './world.ts';

type Blocked = Extract<Reply, { readonly state: 'blocked' }>;
export type ClipRequest = Parameters<VideoModel['start']>[0];
export type ImageRequest = Parameters<ImageModel['generate']>[0];

/** What a filter says; free, where nothing else is given. */
export function block(input: Blocked['input'], more: Partial<Blocked> = {}): Blocked {
  return { state: 'blocked', reasons: [`no ${input}`], codes: [`code-${input}`], input, charged: 'no', ...more };
}

/** A clip model whose filter looks at each request; `null` lets it pass. */
export function filteredClips(
  clock: Clock,
  judge: (request: ClipRequest) => Blocked | null,
  lastFrame = true,
  price = perSecond(usd('0.05')),
): ReturnType<typeof clip> {
  const inner = videoOf(clip({ clock }));
  return mockVideoModel({
    lastFrame,
    price,
    start: (request, call) => {
      const finished = judge(request);
      return finished === null ? inner.start(request, call) : Promise.resolve({ finished });
    },
    check: (handle, call) => inner.check(handle, call),
  });
}

/** An image model whose filter looks at each request. */
export function filteredStills(clock: Clock, judge: (request: ImageRequest) => Reply | null): ReturnType<typeof still> {
  const inner = imageOf(still({ clock }));
  return mockImageModel({
    price: perImage(usd('0.02')),
    generate: (request, call) => {
      const reply = judge(request);
      return reply === null ? inner.generate(request, call) : Promise.resolve(reply);
    },
  });
}

/** The requests that a mock was given. */
export function asked<T>(model: {
  readonly calls: readonly { readonly member: string; readonly args: readonly unknown[] }[];
}): T[] {
  return model.calls.filter(({ member }) => member !== 'check').map(({ args }) => args[0] as T);
}
