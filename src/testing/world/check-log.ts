import type { Project, ProjectEvent, ProjectSummary } from 'vidpipe';
import { Replay } from './check-money.ts';
import { PLANNED } from './stores.ts';

/** What of a body the order of the log is checked by. */
interface Named {
  readonly run?: string;
  readonly status?: string;
}

/** I6: seq dense from 1, one run at a time, nothing is decided for a run that is over or overtaken, nothing is bought after a stop. */
export function checkOrder(events: readonly ProjectEvent[]): string[] {
  const wrong: string[] = [];
  let run: string | null = null;
  let stopping = false;
  let before = '';
  for (const [index, event] of events.entries()) {
    const { seq, at, type, body } = event;
    const say = (what: string): void => void wrong.push(`I6: seq ${seq} ${type} ${what}`);
    const { run: named } = body as Named;
    if (seq !== index + 1) say(`stands at place ${index + 1}`);
    if (at < before) say(`is of ${at}, after ${before}`);
    if (type === 'run.started') [run, stopping] = [named ?? null, false];
    else if (named !== undefined && named !== run) say(`belongs to the run ${named}, which is over or overtaken`);
    if (type === 'stop.requested') stopping = true;
    if (type === 'call.intended' && stopping) say('comes after a stop');
    if (type === 'run.crashed' && !body.message.includes(PLANNED)) say(`is a defect: ${body.message}`);
    if (type === 'run.ended') run = null;
    before = at;
  }
  return wrong;
}

/** I6: what the library shows is what the log says. */
export function checkView(
  events: readonly ProjectEvent[],
  project: Project,
  summary: ProjectSummary | undefined,
): string[] {
  const wrong: string[] = [];
  const replay = new Replay();
  for (const event of events) replay.take(event);
  for (const place of ['charged', 'held', 'unknown'] as const)
    if (project.money[place] !== replay.sum(place))
      wrong.push(`I6: the view has ${project.money[place]} ${place}, the log ${replay.sum(place)}`);
  if (project.seq !== events.length) wrong.push(`I6: the view ends at seq ${project.seq}, the log at ${events.length}`);
  const lastRun = events.findLast(({ type }) => type === 'run.started' || type === 'run.ended');
  const status = lastRun?.type === 'run.ended' ? lastRun.body.status : null;
  if (status !== null && project.status !== status)
    wrong.push(`I6: the view is ${project.status}, the log ended ${status}`);
  if (summary === undefined) wrong.push('I6: the project is in no list');
  else if (summary.charged > replay.sum('charged') && summary.seq === project.seq)
    wrong.push(`I6: the list has ${summary.charged} charged, the log ${replay.sum('charged')}`);
  return wrong;
}

/** I10: it rests in a state that says itself why. */
export function checkRest({ status, waiting, error }: Project): string[] {
  if (status === 'completed') return [];
  if (status === 'waiting' && waiting !== null) return [];
  if (status === 'failed' && error !== null && error.code !== 'stuck' && error.code !== 'defect') return [];
  return [`I10: it rests as ${status} (${JSON.stringify(waiting ?? error)})`];
}
