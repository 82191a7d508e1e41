import { type FormEvent, useCallback, useMemo } from 'react';
import type { ClientSettings } from 'vidpipe/client';
import { api } from '../lib/api.ts';
import { choicesOf, type FilmDraft, newDraft, settingsOf } from '../lib/film-draft.ts';
import { go } from '../lib/router.tsx';
import { useAction } from '../lib/use-action.ts';
import { useLoad } from '../lib/use-load.ts';
import { useStored } from '../lib/use-stored.ts';
import { PlanFigures } from '../parts/cost.tsx';
import { FormatFields, LimitFields, ModelFields, WordFields } from '../parts/film-fields.tsx';
import { Loading, Problem } from '../parts/told.tsx';

const loadModels = () => api.models();

/** What the film of the form would cost, while it is typed. */
function Estimate({ settings }: { readonly settings: ClientSettings | null }) {
  const text = settings === null ? null : JSON.stringify(settings);
  const load = useCallback(() => api.estimate(JSON.parse(text ?? '') as ClientSettings), [text]);
  const { data: plan, error } = useLoad(text === null ? null : load, 250);
  return (
    <aside className="panel" aria-labelledby="estimate" aria-live="polite">
      <h2 id="estimate">Estimate</h2>
      {text === null ? <p className="hint">It appears as soon as there is a prompt.</p> : null}
      <Problem error={text === null ? null : error} />
      {plan === null || error !== null || text === null ? null : <PlanFigures plan={plan} />}
    </aside>
  );
}

async function make(settings: ClientSettings, { key }: FilmDraft, done: () => void): Promise<void> {
  const { id } = await api.create(settings, { idempotencyKey: key });
  await api.run(id);
  done();
  go(`/projects/${id}`);
}

/** The form of a new film: what can be chosen is what the models of the catalogue can. */
export function NewFilmPage() {
  const { data: models, error, reload } = useLoad(loadModels);
  const initial = useMemo(newDraft, []);
  const [draft, change, clear] = useStored('new-film', initial);
  const action = useAction();
  const choices = useMemo(() => choicesOf(models ?? [], draft), [models, draft]);
  const settings = models === null || draft.prompt.trim() === '' ? null : settingsOf(draft, choices);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (settings !== null) action.run(() => make(settings, draft, clear));
  };
  const fields = { draft, choices, change };
  return (
    <form className="columns" onSubmit={submit}>
      <title>New film · vidpipe studio</title>
      <div>
        <h1>New film</h1>
        <Problem error={error} retry={reload} />
        {models === null && error === null ? <Loading /> : null}
        <WordFields {...fields} />
        <FormatFields {...fields} />
        <ModelFields {...fields} />
        <LimitFields {...fields} />
      </div>
      <div className="side">
        <Estimate settings={settings} />
        <Problem error={action.error} />
        <button type="submit" className="primary wide" disabled={settings === null || action.isBusy}>
          {action.isBusy ? 'Creating…' : 'Make the film'}
        </button>
      </div>
    </form>
  );
}
