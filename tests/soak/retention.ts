import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Churn, LANES } from '../support/churn.ts';

const counts = JSON.parse(readFileSync(join(import.meta.dirname, 'counts.json'), 'utf8')) as {
  readonly 'retained projects': number;
};

/** Projects made, forked, deleted and swept while others run. Prints what is left; answers cases and violations. */
export async function retention(): Promise<{ readonly cases: number; readonly violations: number }> {
  const projects = counts['retained projects'];
  const churned = await new Churn(projects, 1).play();
  const { made, forked, deleted, sweeps, frozen, runs, freedMeanwhile } = churned;
  const { living, needed, stored, missing, orphans, violations } = churned;
  console.log(
    `${made} projects made, ${forked} forked, ${deleted} deleted, beside ${LANES} runs at a time, ${runs} in all`,
  );
  console.log(`${sweeps} sweeps, ${frozen} of them frozen for a while; ${freedMeanwhile} bytes freed meanwhile`);
  console.log(`${living} projects live: they need ${needed} bytes, ${stored} are stored`);
  console.log(`${missing.length} missing, ${orphans.length} orphans, ${violations.length} violations`);
  for (const violation of violations) console.log(violation);
  const wrong = missing.length + orphans.length + violations.length + Number(stored !== needed);
  const idle = [forked, deleted, frozen, freedMeanwhile, living].filter((count) => count === 0).length;
  return { cases: made + forked, violations: wrong + idle };
}
