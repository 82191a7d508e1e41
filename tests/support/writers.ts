import { usd } from 'vidpipe';
import { perCall, type Reply } from 'vidpipe/provider';
import { mockTextModel } from 'vidpipe/testing';
import { storyboardOf } from './world.ts';

/** A reply of a text model, as it stands or as JSON. */
export function said(reply: unknown): Reply {
  const text = typeof reply === 'string' ? reply : JSON.stringify(reply);
  return { state: 'succeeded', outputs: [{ bytes: new TextEncoder().encode(text) }], usage: { calls: 1 } };
}

/** A text model that answers one after another, $0.01 each; the last answer stays, and an error is thrown. */
export function answering(...replies: readonly (Reply | Error)[]): ReturnType<typeof mockTextModel> {
  let nth = 0;
  return mockTextModel({
    price: perCall(usd('0.01')),
    generate: () => {
      const reply = replies[Math.min(nth++, replies.length - 1)] ?? said('');
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    },
  });
}

/** A text model that writes as many scenes as it is asked for, in one chain; free, unless it has a price. */
export function writer(more: Parameters<typeof mockTextModel>[0] = {}): ReturnType<typeof mockTextModel> {
  let nth = 0;
  return mockTextModel({
    ...more,
    generate: ({ schema, prompt }): Promise<Reply> => {
      const whole = JSON.stringify(schema).includes('styleGuide');
      const count = Number(/Scenes: (\d+)/.exec(prompt)?.[1] ?? 1);
      nth += 1;
      const { scenes, ...guide } = storyboardOf(count);
      const words = scenes.map((scene) => ({
        ...scene,
        description: `written ${nth}: ${scene.description}`,
        enters: 'continue',
      }));
      return Promise.resolve(said(whole ? { ...guide, scenes: words } : { scenes: words }));
    },
  });
}
