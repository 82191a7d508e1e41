import { type EventBodies, formatUsd, type Pipeline, type Plan, type Project, type ProjectEvent } from 'vidpipe';

/** The events of a project up to the state that is shown. */
export async function* eventsOf(pipeline: Pipeline, { id, seq }: Project): AsyncGenerator<ProjectEvent> {
  for await (const event of pipeline.watch(id)) {
    yield event;
    if (event.seq >= seq) return;
  }
}

/** What is about to be made, and its limits: all that is known before anything is sent. Amounts in micro-dollars. */
export interface Overview {
  readonly type: 'overview';
  readonly id: string;
  readonly prompt: string;
  readonly seconds: number;
  /** Lengths of the scenes, seconds. */
  readonly scenes: readonly number[];
  readonly size: { readonly width: number; readonly height: number; readonly fps: number };
  readonly ownStoryboard: boolean;
  readonly settings: Project['settings'];
  readonly plan: Plan;
  readonly warnings: Project['warnings'];
}

/** The overview of a project. */
export async function overviewOf(pipeline: Pipeline, project: Project): Promise<Overview> {
  const { id, settings } = project;
  const plan = await pipeline.plan(id);
  let created: EventBodies['project.created'] | undefined;
  for await (const event of eventsOf(pipeline, project)) {
    if (event.type === 'project.created') created = event.body;
    break;
  }
  if (created === undefined) throw new Error(`the log of ${id} does not begin with project.created`);
  const { width, height, fps } = created.film;
  return {
    type: 'overview',
    id,
    prompt: settings.prompt,
    seconds: settings.duration,
    scenes: project.scenes.length > 0 ? project.scenes.map(({ seconds }) => seconds) : created.lengths,
    size: { width, height, fps },
    ownStoryboard: created.supplied !== null,
    settings,
    plan,
    warnings: plan.warnings,
  };
}

/** `3 scenes of 4 s`, `3 scenes (2 of 6 s, 1 of 4 s)`. */
function lengthsText(scenes: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const seconds of scenes) counts.set(seconds, (counts.get(seconds) ?? 0) + 1);
  const all = `${scenes.length} ${scenes.length === 1 ? 'scene' : 'scenes'}`;
  if (counts.size === 1) return `${all} of ${scenes[0]} s`;
  return `${all} (${[...counts].map(([seconds, count]) => `${count} of ${seconds} s`).join(', ')})`;
}

function limitsText({ budget, maxScenes, maxCalls, account }: Project['settings']): string {
  return [
    budget === null ? 'no budget (--budget sets one)' : `budget ${formatUsd(budget)}`,
    `at most ${maxScenes} scenes`,
    maxCalls === null ? 'at most 3 times the calls that the plan needs' : `at most ${maxCalls} calls`,
    ...(account === null ? [] : [`account ${account}`]),
  ].join(', ');
}

/** What is still to be paid. */
export function costText({ cost, calls, charged }: Plan): string {
  const { expected, worst, exact } = cost;
  const sums = expected === null ? 'unknown: a model has no price' : `${exact ? '' : 'about '}${formatUsd(expected)}`;
  const most = worst === null || worst === expected ? '' : `, at most ${formatUsd(worst)} if tries fail`;
  return `${sums} for ${calls} calls${most}${charged > 0 ? `; ${formatUsd(charged)} are charged already` : ''}`;
}

type Row = readonly [subject: string, text: string];

function filmRows({ id, prompt, seconds, scenes, size, ownStoryboard, settings }: Overview): Row[] {
  const { models, transition, style, audio, seed, negativePrompt, takes } = settings;
  const joined = transition.kind === 'cut' ? 'cuts' : `fades of ${transition.seconds} s`;
  return [
    ['project', id],
    ['prompt', prompt],
    ['film', `${seconds} s, ${lengthsText(scenes)}, joined by ${joined}`],
    ['look', `${style}, ${size.width}×${size.height}, ${audio ? 'with sound' : 'silent'}, seed ${seed}`],
    ['avoid', negativePrompt ?? 'nothing'],
    ['words', ownStoryboard ? 'your own storyboard' : models.text.join(', ')],
    ['pictures', models.image.join(', ')],
    ['clips', `${models.video.join(', ')}${takes === 1 ? '' : `, ${takes} candidates of each`}`],
  ];
}

function otherRows({ settings, plan, warnings }: Overview): Row[] {
  const { references, labels, onUnknown, gates } = settings;
  const pictures = references.map(({ name, kind }) => `${name} (${kind})`).join(', ');
  const keys = Object.entries(labels).map((pair) => pair.join('='));
  return [
    ...(pictures === '' ? [] : [['references', pictures] as const]),
    ['cost', costText(plan)],
    ['limits', limitsText(settings)],
    ...(gates.length === 0 ? [] : [['waits at', gates.join(', ')] as const]),
    ['lost calls', `text: ${onUnknown.text}, image: ${onUnknown.image}, video: ${onUnknown.video}`],
    ...(keys.length === 0 ? [] : [['labels', keys.join(', ')] as const]),
    ...warnings.map(({ message }) => ['note', message] as const),
  ];
}

/** The overview as text, a line per subject. */
export function overviewText(overview: Overview): string[] {
  const rows = [...filmRows(overview), ...otherRows(overview)];
  return rows.map(([subject, text]) => `${subject.padEnd(11)} ${text.replaceAll(/\s+/g, ' ')}`);
}
