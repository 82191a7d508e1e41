import { formatUsd, type Plan, type PlanStep, type Project } from 'vidpipe';
import { changesOf } from './changes.ts';
import type { Session } from './drive.ts';
import { type ExitCode, EXITS } from './help.ts';
import { Names } from './names.ts';
import { type CommandLine, UsageError } from './options.ts';
import type { Output } from './output.ts';
import { costText, eventsOf } from './overview.ts';
import { resumeCommand } from './paste.ts';

const WORDS: Readonly<Record<PlanStep['action'], string>> = {
  make: 'made',
  remake: 'remade',
  reuse: 'reused',
  skip: 'left out',
};

function stepText(names: Names, { id, action, takes, model, cost }: PlanStep): string {
  const price = cost.expected === null ? 'no price' : cost.expected === 0 ? '' : formatUsd(cost.expected);
  const count = takes > 1 ? `${takes} takes` : '';
  return [WORDS[action].padEnd(9), names.step(id).padEnd(20), model ?? '', count, price]
    .filter(Boolean)
    .join(' ')
    .trimEnd();
}

async function tellPlan({ pipeline, output }: Session, project: Project, plan: Plan): Promise<void> {
  output.tell({ type: 'plan', id: project.id, ...plan });
  if (output.json) return;
  const names = new Names();
  for await (const event of eventsOf(pipeline, project)) names.learn(event);
  for (const step of plan.steps) output.say(stepText(names, step));
  tellSum(output, plan);
}

function tellSum(output: Output, plan: Plan): void {
  const time =
    plan.eta === null ? '' : `; takes about ${Math.ceil(plan.eta.p50)} s, one in ten over ${Math.ceil(plan.eta.p90)} s`;
  output.say(
    `${plan.reused} reused, ${plan.remade} remade; the film has ${plan.seconds} s; costs ${costText(plan)}${time}`,
  );
  for (const { message } of plan.warnings) output.say(`note: ${message}`);
}

/** Shows what is made, remade, reused and paid for a project, as it stands or as the flags would change it. */
export async function plan(session: Session, { words: [id = ''], flags }: CommandLine): Promise<ExitCode> {
  const project = await session.pipeline.get(id);
  await tellPlan(session, project, await session.pipeline.plan(id, changesOf(project, flags)));
  return EXITS.done;
}

/** Changes a project. Nothing is bought: that is for the run after it, or the one that is on. */
export async function revise(session: Session, { words: [id = ''], flags }: CommandLine): Promise<ExitCode> {
  const { pipeline, output, places } = session;
  const changes = changesOf(await pipeline.get(id), flags);
  if (Object.keys(changes).length === 0)
    throw new UsageError('revise: nothing is to be different; say what, for example --edit 2.motionPrompt="she runs"');
  const planned = await pipeline.plan(id, changes);
  const project = await pipeline.revise(id, changes);
  output.tell({ type: 'plan', id, ...planned });
  tellSum(output, planned);
  output.note(
    project.status === 'running' ? 'the run that is on goes on with it' : `make it with: ${resumeCommand(id, places)}`,
  );
  return EXITS.done;
}
