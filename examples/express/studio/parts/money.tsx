import type { Plan, ProjectView } from 'vidpipe';
import { usd } from '../lib/format.ts';
import { Figures } from './figures.tsx';

/** Where the money of a film stands. */
export function Money({ project, plan }: { readonly project: ProjectView; readonly plan: Plan | null }) {
  const { charged, held, unknown, superseded } = project.money;
  const { budget } = project.settings;
  return (
    <section className="panel" aria-labelledby="money">
      <h2 id="money">Money</h2>
      <Figures
        label="Money"
        items={[
          ['Spent', usd(charged)],
          ['Reserved', usd(held)],
          ['Unknown', usd(unknown)],
          ...(superseded > 0 ? ([['Spent on what was replaced', usd(superseded)]] as const) : []),
          ['Budget', budget === null ? 'no limit' : usd(budget)],
          ...(plan === null || plan.calls === 0
            ? []
            : ([['Still to come', `${usd(plan.cost.expected)}, ${usd(plan.cost.worst)} at most`]] as const)),
        ]}
      />
    </section>
  );
}
