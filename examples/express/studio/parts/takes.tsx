import { useId } from 'react';
import type { Part, Take } from 'vidpipe';
import { api } from '../lib/api.ts';
import type { SceneEditorProps } from '../lib/changes-draft.ts';
import { usd } from '../lib/format.ts';
import { Field } from './field.tsx';

const NAMES: Readonly<Record<Part, string>> = { start: 'First frame', end: 'Last frame', clip: 'Clip' };
const PARTS = ['start', 'end', 'clip'] as const;

function Picture({ projectId, take }: { readonly projectId: string; readonly take: Take }) {
  const src = api.assetUrl(projectId, take.asset.digest);
  return (
    <span className="frame">
      {take.part === 'clip' ? <video src={src} preload="metadata" muted /> : <img src={src} alt="" loading="lazy" />}
    </span>
  );
}

interface TakesOfProps extends SceneEditorProps {
  readonly part: Part;
}

function TakesOf({ project, scene, draft, change, part }: TakesOfProps) {
  const name = useId();
  const takes = scene.takes.filter((take) => take.part === part);
  if (takes.length < 2) return null;
  const chosen = draft.select[scene.id] ?? {};
  const used = chosen[part] ?? takes.find(({ selected }) => selected)?.id;
  return (
    <fieldset className="plain">
      <legend>{NAMES[part]}: which take</legend>
      <div className="takes">
        {takes.map((take, at) => (
          <label key={take.id} className="take">
            <Picture projectId={project.id} take={take} />
            <span className="check">
              <input
                type="radio"
                name={name}
                checked={take.id === used}
                onChange={() => change({ select: { ...draft.select, [scene.id]: { ...chosen, [part]: take.id } } })}
              />
              Take {at + 1}, {take.source === 'supplied' ? 'your own' : usd(take.microUsd)}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Every take of a scene, to choose from where there are several. */
export function Takes(props: SceneEditorProps) {
  return PARTS.map((part) => <TakesOf key={part} {...props} part={part} />);
}

/** Pictures and clips of one's own. */
export function OwnMedia({ scene, files, setFiles }: SceneEditorProps) {
  const own = files[scene.id] ?? {};
  const give = (part: Part, file: File | undefined): void => {
    const { [part]: _before, ...others } = own;
    setFiles({ ...files, [scene.id]: file === undefined ? others : { ...others, [part]: file } });
  };
  return (
    <fieldset className="plain">
      <legend>Your own</legend>
      <div className="row">
        {PARTS.map((part) => (
          <Field key={part} label={NAMES[part]}>
            {(control) => (
              <input
                {...control}
                type="file"
                accept={part === 'clip' ? 'video/mp4,video/quicktime,video/webm' : 'image/png,image/jpeg,image/webp'}
                onChange={({ target }) => give(part, target.files?.[0])}
              />
            )}
          </Field>
        ))}
      </div>
    </fieldset>
  );
}
