import type { Scene } from 'vidpipe';
import { Figures } from './figures.tsx';

/** The words that a scene is made from. */
export function Words({ scene }: { readonly scene: Scene }) {
  const { startPrompt, endPrompt, motionPrompt, transitionNotes, cast, keyDetails, audio } = scene;
  const items: readonly (readonly [string, string | undefined])[] = [
    ['First frame', startPrompt],
    ['Last frame', endPrompt],
    ['Motion', motionPrompt],
    ['To the next scene', transitionNotes],
    ['Cast', cast.join(', ')],
    ['Must be seen', keyDetails.join(', ')],
    ['Said', audio?.dialogue?.map(({ speaker, line }) => `${speaker}: ${line}`).join(' ')],
    ['Heard', [audio?.ambience, audio?.music].filter(Boolean).join(', ')],
  ];
  return (
    <details>
      <summary>Words</summary>
      <Figures
        label="Words of the scene"
        items={items.flatMap(([name, value]) => (value ? [[name, value] as const] : []))}
      />
    </details>
  );
}
