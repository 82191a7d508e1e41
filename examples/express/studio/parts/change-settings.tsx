import type { ProjectView } from 'vidpipe';
import type { Model } from 'vidpipe/client';
import type { ChangesDraft } from '../lib/changes-draft.ts';
import { choicesOf } from '../lib/film-draft.ts';
import { usd } from '../lib/format.ts';
import { SelectField, TextField } from './field.tsx';

interface Props {
  readonly draft: ChangesDraft;
  readonly change: (change: Partial<ChangesDraft>) => void;
}

/** More scenes at the end. */
export function AddFields({ draft, change }: Props) {
  return (
    <fieldset>
      <legend>More scenes</legend>
      <div className="row">
        <TextField
          label="How many"
          type="number"
          min={0}
          placeholder="none"
          value={draft.add}
          onChange={(add) => change({ add })}
        />
        <TextField
          label="What happens in them"
          value={draft.direction}
          onChange={(direction) => change({ direction })}
        />
      </div>
    </fieldset>
  );
}

const asIs = ['', 'As it is'] as const;
const CONTINUITY = [
  ['repair', 'The next clip is filmed anew'],
  ['redraw', 'The frames after it are drawn anew too'],
  ['leave', 'Nothing: the film jumps there'],
] as const;
const APPLY = [
  ['all', 'Everything that they change'],
  ['missing', 'Only what is not made yet'],
] as const;
const AUDIO = [asIs, ['on', 'With sound'], ['off', 'Silent']] as const;

interface SettingProps extends Props {
  readonly project: ProjectView;
  readonly models: readonly Model[];
}

function ModelSelects({ project, models, draft, change }: SettingProps) {
  const choices = choicesOf(models, draft);
  const kinds = [
    ['text', 'Words', choices.texts],
    ['image', 'Stills', choices.images],
    ['video', 'Clips', choices.videos],
  ] as const;
  return kinds.map(([kind, label, offered]) => (
    <SelectField
      key={kind}
      label={label}
      value={draft[kind]}
      options={[
        ['', `${project.settings.models[kind].join(', ')}, as it is`],
        ...offered.map(({ id }) => [id, id] as const),
      ]}
      onChange={(id) => change({ [kind]: id })}
    />
  ));
}

function Reach({ draft, change }: Props) {
  return (
    <>
      <SelectField
        label="What new settings make anew"
        value={draft.apply}
        options={APPLY}
        onChange={(apply) => change({ apply })}
      />
      <SelectField
        label="After a changed frame"
        value={draft.continuity}
        options={CONTINUITY}
        onChange={(continuity) => change({ continuity })}
      />
    </>
  );
}

/** Settings that are to be different, and how far they reach. */
export function SettingFields({ project, models, draft, change }: SettingProps) {
  const { settings } = project;
  const { canSound } = choicesOf(models, { ...draft, video: draft.video || (settings.models.video[0] ?? '') });
  const budget = settings.budget === null ? 'no limit' : usd(settings.budget);
  return (
    <fieldset>
      <legend>Settings</legend>
      <div className="row">
        <TextField
          label="Style"
          placeholder={settings.style}
          value={draft.style}
          onChange={(style) => change({ style })}
        />
        {canSound ? (
          <SelectField label="Sound" value={draft.audio} options={AUDIO} onChange={(audio) => change({ audio })} />
        ) : null}
        <TextField
          label="Budget, dollars"
          type="number"
          step="0.01"
          min={0}
          placeholder={budget}
          value={draft.budget}
          onChange={(dollars) => change({ budget: dollars })}
        />
        <ModelSelects {...{ project, models, draft, change }} />
        <Reach draft={draft} change={change} />
      </div>
    </fieldset>
  );
}
