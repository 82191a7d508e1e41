import type { GateName } from 'vidpipe';
import type { Model } from 'vidpipe/client';
import type { Choices, FilmDraft } from '../lib/film-draft.ts';
import { CheckField, SelectField, TextField } from './field.tsx';

interface FieldsProps {
  readonly draft: FilmDraft;
  readonly choices: Choices;
  readonly change: (change: Partial<FilmDraft>) => void;
}

const byModel = ['', 'As the model likes it'] as const;

/** What the film is about. */
export function WordFields({ draft, choices, change }: FieldsProps) {
  return (
    <fieldset>
      <legend>Story</legend>
      <TextField
        label="Prompt"
        hint="What happens, in your words. The scenes are written from it."
        rows={5}
        required
        value={draft.prompt}
        onChange={(prompt) => change({ prompt })}
      />
      <TextField label="Style" placeholder="cinematic" value={draft.style} onChange={(style) => change({ style })} />
      {choices.canNegative ? (
        <TextField label="What must not be seen" value={draft.negative} onChange={(negative) => change({ negative })} />
      ) : null}
    </fieldset>
  );
}

const named = (values: readonly (string | number)[], unit = '') =>
  values.map((value) => [String(value), `${value}${unit}`] as const);

function Sound({ draft, choices, change }: FieldsProps) {
  if (!choices.canSound) return <p className="hint">The chosen video model makes no sound.</p>;
  return <CheckField label="With sound" checked={draft.audio} onChange={(audio) => change({ audio })} />;
}

function Lengths({ draft, choices, change }: FieldsProps) {
  return (
    <>
      <TextField
        label="Length of the film, seconds"
        type="number"
        min={1}
        value={draft.length}
        onChange={(length) => change({ length })}
      />
      <SelectField
        label="Length of a clip"
        value={draft.clip}
        options={[byModel, ...named(choices.durations, ' s')]}
        onChange={(clip) => change({ clip })}
      />
    </>
  );
}

/** Shape, size and lengths, as the video model offers them. */
export function FormatFields({ draft, choices, change }: FieldsProps) {
  const { ratios, resolutions } = choices;
  return (
    <fieldset>
      <legend>Format</legend>
      <div className="row">
        <Lengths draft={draft} choices={choices} change={change} />
        <SelectField
          label="Shape"
          value={draft.ratio}
          options={[byModel, ...named(ratios)]}
          onChange={(ratio) => change({ ratio })}
        />
        {resolutions.length === 0 ? null : (
          <SelectField
            label="Size"
            value={draft.resolution}
            options={[byModel, ...named(resolutions)]}
            onChange={(resolution) => change({ resolution })}
          />
        )}
        <TextField
          label="Fade between clips, seconds"
          type="number"
          step="0.1"
          min={0}
          placeholder="hard cuts"
          value={draft.fade}
          onChange={(fade) => change({ fade })}
        />
      </div>
      <Sound draft={draft} choices={choices} change={change} />
    </fieldset>
  );
}

const modelOptions = (models: readonly Model[]) =>
  models.map(({ id, stage }) => [id, stage === 'preview' ? `${id} (preview)` : id] as const);

/** Who writes, draws and films. */
export function ModelFields({ draft, choices, change }: FieldsProps) {
  const first = ['', 'The first of the list'] as const;
  return (
    <fieldset>
      <legend>Models</legend>
      <div className="row">
        <SelectField
          label="Words"
          value={draft.text}
          options={[first, ...modelOptions(choices.texts)]}
          onChange={(text) => change({ text })}
        />
        <SelectField
          label="Stills"
          value={draft.image}
          options={[first, ...modelOptions(choices.images)]}
          onChange={(image) => change({ image })}
        />
        <SelectField
          label="Clips"
          value={draft.video}
          options={[first, ...modelOptions(choices.videos)]}
          onChange={(video) => change({ video })}
        />
      </div>
    </fieldset>
  );
}

const GATES: readonly (readonly [GateName, string])[] = [
  ['plan', 'before anything is bought'],
  ['storyboard', 'when the scenes are written'],
  ['keyframes', 'when the stills are drawn'],
  ['clips', 'when the clips are filmed'],
];

/** What may be spent, and where a person is asked. */
export function LimitFields({ draft, change }: FieldsProps) {
  const toggle = (gate: GateName, isOn: boolean): void =>
    change({ gates: isOn ? [...draft.gates, gate] : draft.gates.filter((each) => each !== gate) });
  return (
    <fieldset>
      <legend>Limits</legend>
      <TextField
        label="Budget, dollars"
        hint="Nothing is sent that does not fit. Empty: no limit."
        type="number"
        step="0.01"
        min={0}
        value={draft.budget}
        onChange={(budget) => change({ budget })}
      />
      <fieldset className="plain">
        <legend>Ask me</legend>
        {GATES.map(([gate, name]) => (
          <CheckField
            key={gate}
            label={name}
            checked={draft.gates.includes(gate)}
            onChange={(isOn) => toggle(gate, isOn)}
          />
        ))}
      </fieldset>
    </fieldset>
  );
}
