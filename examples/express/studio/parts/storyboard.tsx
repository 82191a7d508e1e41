import type { ProjectView } from 'vidpipe';
import { count, seconds } from '../lib/format.ts';
import { Figures } from './figures.tsx';

const listed = (models: readonly string[]): string => models.join(', then ');

/** What the film was asked to be: look, characters, models. */
export function Storyboard({ project }: { readonly project: ProjectView }) {
  const { settings, styleGuide, characters } = project;
  return (
    <section className="panel" aria-labelledby="storyboard">
      <h2 id="storyboard">Storyboard</h2>
      <p className="prompt">{settings.prompt}</p>
      <Figures
        label="Settings"
        items={[
          ['Style', settings.style],
          ['Format', `${settings.ratio}, ${settings.resolution}, ${settings.audio ? 'with sound' : 'silent'}`],
          ['Length', `${seconds(settings.duration)} in clips of ${seconds(settings.clipDuration)}`],
          ['Words', listed(settings.models.text)],
          ['Stills', listed(settings.models.image)],
          ['Clips', listed(settings.models.video)],
          ...(styleGuide === null
            ? []
            : ([
                ['Look', styleGuide.visualStyle],
                ['Colours', styleGuide.colorPalette],
                ['Camera', styleGuide.cameraStyle],
              ] as const)),
        ]}
      />
      {characters.length === 0 ? null : (
        <details>
          <summary>{count(characters.length, 'character')}</summary>
          <Figures
            label="Characters"
            items={characters.map((each) => [each.name, `${each.physicalDescription} ${each.clothingDescription}`])}
          />
        </details>
      )}
    </section>
  );
}

/** Bytes that are out of use, with the reasons. */
export function Blocked({ project: { blocked } }: { readonly project: ProjectView }) {
  if (blocked.length === 0) return null;
  return (
    <section className="notice bad" aria-labelledby="blocked">
      <h2 id="blocked">Blocked</h2>
      <ul>
        {blocked.map(({ digest, reasons, by }) => (
          <li key={digest}>
            {reasons.join(', ')} <span className="hint">({by})</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
