import type { Part, SceneEdit } from 'vidpipe';
import { type SceneEditorProps, toggled } from '../lib/changes-draft.ts';
import { choicesOf } from '../lib/film-draft.ts';
import { CheckField, SelectField, TextField } from './field.tsx';
import { OwnMedia, Takes } from './takes.tsx';

function SceneHead({ scene, at, order, draft, change }: SceneEditorProps) {
  const isRemoved = draft.remove.includes(scene.id);
  const move = (by: -1 | 1): void => {
    const others = order.filter((id) => id !== scene.id);
    change({ order: [...others.slice(0, at + by), scene.id, ...others.slice(at + by)] });
  };
  const remove = (): void =>
    change({ remove: isRemoved ? draft.remove.filter((id) => id !== scene.id) : [...draft.remove, scene.id] });
  const name = `scene ${at + 1}`;
  return (
    <div className="head">
      <h2>Scene {at + 1}</h2>
      <span className="row-buttons">
        <button type="button" disabled={at === 0} aria-label={`Move ${name} up`} onClick={() => move(-1)}>
          ↑
        </button>
        <button
          type="button"
          disabled={at === order.length - 1}
          aria-label={`Move ${name} down`}
          onClick={() => move(1)}
        >
          ↓
        </button>
        <button type="button" aria-pressed={isRemoved} aria-label={`Remove ${name}`} onClick={remove}>
          {isRemoved ? 'Removed: undo' : 'Remove'}
        </button>
      </span>
    </div>
  );
}

const TEXTS = [
  ['description', 'What happens'],
  ['startPrompt', 'First frame'],
  ['endPrompt', 'Last frame'],
  ['motionPrompt', 'What moves'],
] as const;

const ENTERS = [
  ['continue', 'Goes on from the scene before'],
  ['cut', 'Begins with a cut'],
] as const;

/** Lengths that the film's own video model offers, and the one that the scene has. */
function lengthsFor({ models, project, scene }: SceneEditorProps): readonly number[] {
  const { durations } = choicesOf(models, { image: '', video: project.settings.models.video[0] ?? '' });
  return [...new Set([...durations, scene.seconds])].toSorted((a, b) => a - b);
}

function WordFields(props: SceneEditorProps) {
  const { scene, draft, change } = props;
  const words = { ...scene, ...draft.edit[scene.id] };
  const edit = (changed: SceneEdit): void =>
    change({ edit: { ...draft.edit, [scene.id]: { ...draft.edit[scene.id], ...changed } } });
  return (
    <>
      {TEXTS.map(([name, label]) => (
        <TextField key={name} label={label} rows={2} value={words[name]} onChange={(text) => edit({ [name]: text })} />
      ))}
      <div className="row">
        <SelectField
          label="Length"
          value={String(words.seconds)}
          options={lengthsFor(props).map((each) => [String(each), `${each} s`] as const)}
          onChange={(seconds) => edit({ seconds: Number(seconds) })}
        />
        <SelectField label="Beginning" value={words.enters} options={ENTERS} onChange={(enters) => edit({ enters })} />
      </div>
    </>
  );
}

const PARTS: readonly (readonly [Part, string])[] = [
  ['start', 'Another first frame'],
  ['end', 'Another last frame'],
  ['clip', 'Another clip'],
];

function Again({ project, scene, draft, change }: SceneEditorProps) {
  const parts = draft.retake[scene.id] ?? [];
  const stepIds = new Set(project.steps.filter(({ sceneId }) => sceneId === scene.id).map(({ id }) => id));
  const has = (part: Part): boolean =>
    stepIds.has(part === 'clip' ? `clip:${scene.id}` : `keyframe:${scene.id}:${part}`);
  const rewrites = draft.rewrite.includes(scene.id);
  return (
    <fieldset className="plain">
      <legend>Once more</legend>
      {PARTS.filter(([part]) => has(part)).map(([part, name]) => (
        <CheckField
          key={part}
          label={name}
          checked={parts.includes(part)}
          onChange={(isOn) => change({ retake: { ...draft.retake, [scene.id]: toggled(parts, part, isOn) } })}
        />
      ))}
      <CheckField
        label="Its words written anew"
        checked={rewrites}
        onChange={(isOn) =>
          change({ rewrite: isOn ? [...draft.rewrite, scene.id] : draft.rewrite.filter((id) => id !== scene.id) })
        }
      />
    </fieldset>
  );
}

/** One scene, and what is to become of it. */
export function SceneEditor(props: SceneEditorProps) {
  const { scene, at, draft } = props;
  const isRemoved = draft.remove.includes(scene.id);
  return (
    <li className={isRemoved ? 'scene removed' : 'scene'} aria-label={`Scene ${at + 1}`}>
      <SceneHead {...props} />
      <p>{draft.edit[scene.id]?.description ?? scene.description}</p>
      {isRemoved ? null : (
        <>
          <details>
            <summary>Words and length</summary>
            <div className="fields">
              <WordFields {...props} />
            </div>
          </details>
          <details>
            <summary>Takes</summary>
            <div className="fields">
              <Again {...props} />
              <Takes {...props} />
              <OwnMedia {...props} />
            </div>
          </details>
        </>
      )}
    </li>
  );
}
