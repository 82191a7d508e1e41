import type { Plan } from 'vidpipe';
import { seconds, usd } from '../lib/format.ts';
import { Figures } from './figures.tsx';
import { Warnings } from './told.tsx';

/** What a plan costs and how long it takes. */
export function PlanFigures({ plan }: { readonly plan: Plan }) {
  const { cost, eta } = plan;
  return (
    <>
      <p className="price">
        {usd(cost.expected)}
        <span> expected, {usd(cost.worst)} at most</span>
      </p>
      <Figures
        label="Plan"
        items={[
          ['Film', seconds(plan.seconds)],
          ['Paid calls', plan.calls],
          ['Time', eta === null ? 'not known yet' : `${seconds(eta.p50)}, at worst ${seconds(eta.p90)}`],
        ]}
      />
      <Warnings warnings={plan.warnings} />
    </>
  );
}
