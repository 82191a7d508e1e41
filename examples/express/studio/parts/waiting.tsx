import { useState } from 'react';
import type { MicroUsd, Plan, ProjectView, Waiting } from 'vidpipe';
import { api } from '../lib/api.ts';
import { microUsdOf, usd, when } from '../lib/format.ts';
import { type Action, useAction } from '../lib/use-action.ts';
import { PlanFigures } from './cost.tsx';
import { TextField } from './field.tsx';
import { Problem } from './told.tsx';

interface WaitingProps {
  readonly project: ProjectView;
  readonly plan: Plan | null;
  readonly refresh: () => Promise<void>;
}

type Of<R extends Waiting['reason']> = Extract<Waiting, { readonly reason: R }>;

const QUESTIONS = {
  plan: 'Is the plan right?',
  storyboard: 'Are the scenes as you want them?',
  keyframes: 'Are the stills as you want them?',
  clips: 'Are the clips as you want them?',
} as const;

interface AnswerProps extends WaitingProps {
  readonly action: Action;
}

function Gate({ project, plan, refresh, action, waiting }: AnswerProps & { readonly waiting: Of<'gate'> }) {
  const approve = async (): Promise<void> => {
    if (plan === null) return;
    await api.approve(project.id, waiting.gate, plan.digest);
    await api.run(project.id);
    await refresh();
  };
  return (
    <>
      <h2>{QUESTIONS[waiting.gate]}</h2>
      <p>If not, change what you like first. From here on the film takes this:</p>
      {plan === null ? null : <PlanFigures plan={plan} />}
      <button
        type="button"
        className="primary"
        disabled={plan === null || action.isBusy}
        onClick={() => action.run(approve)}
      >
        Approve and go on
      </button>
    </>
  );
}

function Budget({ project, refresh, action, waiting }: AnswerProps & { readonly waiting: Of<'budget'> }) {
  const { budget } = project.settings;
  const [dollars, setDollars] = useState(String(((budget ?? 0) + waiting.missing) / 1_000_000));
  const raise = async (): Promise<void> => {
    const amount = microUsdOf(dollars);
    if (amount === null) return;
    await api.change(project.id, { settings: { budget: amount as MicroUsd } });
    await api.run(project.id);
    await refresh();
  };
  return (
    <>
      <h2>The budget is too small</h2>
      <p>
        The next request does not fit: {usd(waiting.missing)} is missing
        {budget === null ? ` in ${waiting.pool}.` : ` of a budget of ${usd(budget)}.`}
      </p>
      <TextField label="New budget, dollars" type="number" step="0.01" min={0} value={dollars} onChange={setDollars} />
      <button type="button" className="primary" disabled={action.isBusy} onClick={() => action.run(raise)}>
        Raise it and go on
      </button>
    </>
  );
}

const OUTCOMES = [
  ['charged', 'It was charged'],
  ['not-charged', 'It was not charged'],
  ['resubmit', 'Send a new one'],
  ['abandon', 'Give the step up'],
] as const;

function UnknownCalls({ project, refresh, action, waiting }: AnswerProps & { readonly waiting: Of<'unknown-charge'> }) {
  const answer = async (callId: string, outcome: (typeof OUTCOMES)[number][0]): Promise<void> => {
    await api.resolve(project.id, callId, outcome);
    await refresh();
  };
  return (
    <>
      <h2>Nobody knows what became of a request</h2>
      <p>It may have been charged. Look at the provider’s bill, then say what you found.</p>
      {waiting.calls.map((callId) => (
        <fieldset key={callId} className="plain">
          <legend>{callId}</legend>
          {OUTCOMES.map(([outcome, name]) => (
            <button
              key={outcome}
              type="button"
              disabled={action.isBusy}
              onClick={() => action.run(() => answer(callId, outcome))}
            >
              {name}
            </button>
          ))}
        </fieldset>
      ))}
    </>
  );
}

function reasonOf(waiting: Waiting): string {
  if (waiting.reason === 'storage') return `There is no room to store what is made: ${waiting.message}`;
  if (waiting.reason === 'provider')
    return `${waiting.model} can not be used before ${when(waiting.retryAt)}: ${waiting.message}`;
  if (waiting.reason === 'deadline') return `The run had its time; the next look is due ${when(waiting.nextCheckAt)}.`;
  if (waiting.reason === 'parent') return 'The film that this one was forked from still waits for an answer.';
  return 'Some clips are late. They go on at the provider and are looked for again.';
}

/** What a film waits for, and what a person can do about it. */
export function WaitingPanel(props: WaitingProps) {
  const action = useAction();
  const { status, waiting } = props.project;
  if (status !== 'waiting' || waiting === null) return null;
  return (
    <section className="panel asks" aria-label="What the film waits for">
      {waiting.reason === 'gate' ? <Gate {...props} action={action} waiting={waiting} /> : null}
      {waiting.reason === 'budget' ? <Budget {...props} action={action} waiting={waiting} /> : null}
      {waiting.reason === 'unknown-charge' ? <UnknownCalls {...props} action={action} waiting={waiting} /> : null}
      {['gate', 'budget', 'unknown-charge'].includes(waiting.reason) ? null : <p>{reasonOf(waiting)}</p>}
      <Problem error={action.error} />
    </section>
  );
}
