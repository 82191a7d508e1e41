import {
  type Digest,
  formatUsd,
  type Project,
  type ProjectQuery,
  type ProjectStatus,
  type ProjectSummary,
  type RunOptions,
} from 'vidpipe';
import { ask } from './ask.ts';
import { type Command, drive, type Session } from './drive.ts';
import { type ExitCode, EXITS } from './help.ts';
import { exportTo, fork, importFrom } from './fork.ts';
import { MONEY } from './money.ts';
import { Names } from './names.ts';
import { type CommandLine, type CommandName, UsageError } from './options.ts';
import { oneLine, type Output } from './output.ts';
import { eventsOf, overviewOf, overviewText } from './overview.ts';
import { resumeCommand } from './paste.ts';
import { plan, revise } from './revise.ts';
import { labelsOf, settingsOf, transitionOf } from './settings.ts';
import { openPipeline, placesOf } from './setup.ts';
import { STORAGE } from './storage.ts';

const DEMO =
  'A lighthouse keeper finds a bottle with a map inside, rows out at dusk and meets the whale that the map was drawn for';

const STATUSES = [
  'pending',
  'running',
  'waiting',
  'stopped',
  'failed',
  'completed',
  'interrupted',
] satisfies ProjectStatus[];

const idOf = ({ words: [id = ''] }: CommandLine): string => id;

/** Records a project and shows it; nothing is sent. */
async function create({ pipeline, output }: Session, prompt: string, flags: CommandLine['flags']): Promise<string> {
  const project = await pipeline.create(settingsOf(prompt, flags));
  const overview = await overviewOf(pipeline, project);
  output.tell(overview);
  for (const row of overviewText(overview)) output.say(row);
  return project.id;
}

const runOptionsOf = ({ flags }: CommandLine): RunOptions => ({
  partial: flags.partial === true,
  ...(flags['retry-refused'] === true ? { retry: 'refused' } : {}),
});

const generate: Command = async (session, line) => {
  const { words, flags } = line;
  const id = await create(session, words.join(' '), flags);
  const answer = flags.yes === true ? 'yes' : await ask(session.output);
  if (answer === 'yes') return drive(session, id, runOptionsOf(line));
  const goOn = resumeCommand(id, session.places);
  session.output.tell({ type: 'result', id, status: 'pending', resume: goOn });
  const why = answer === 'nobody' ? 'nobody can be asked here, and --yes was not given' : 'as you wish';
  session.output.note(`${why}: nothing was sent; make it with: ${goOn}`);
  return answer === 'interrupted' ? EXITS.stopped : EXITS.waiting;
};

const approve: Command = async (session, line) => {
  const { pipeline, output, places } = session;
  const id = idOf(line);
  const overview = await overviewOf(pipeline, await pipeline.get(id));
  const { gate, digest } = overview.plan;
  if (gate === null) throw new UsageError('approve: the project waits at no gate');
  output.tell(overview);
  for (const row of overviewText(overview)) output.say(row);
  const answer = line.flags.yes === true ? 'yes' : await ask(output);
  if (answer !== 'yes') return answer === 'interrupted' ? EXITS.stopped : EXITS.waiting;
  await pipeline.approve(id, gate, digest);
  output.note(`${gate} approved; go on with: ${resumeCommand(id, places)}`);
  return EXITS.done;
};

const demo: Command = async (session, line) => {
  const { words, flags } = line;
  const prompt = words.join(' ').trim() === '' ? DEMO : words.join(' ');
  const wishes = flags.storyboard === undefined ? { duration: '12', seed: '7', ...flags } : { seed: '7', ...flags };
  return drive(session, await create(session, prompt, wishes), runOptionsOf(line));
};

const resume: Command = (session, line) => drive(session, idOf(line), runOptionsOf(line));

function tellProject(output: Output, { id, status, money, waiting, error, scenes }: Project): void {
  output.tell({ id, status, scenes: scenes.length, money, waiting, error });
  const why = error?.message ?? waiting?.reason;
  output.say(
    `${id} ${status}, ${formatUsd(money.charged)} charged${why === undefined ? '' : `: ${oneLine(why, 200)}`}`,
  );
}

const status: Command = async ({ pipeline, output }, line) => {
  tellProject(output, await pipeline.get(idOf(line)));
  return EXITS.done;
};

function takeText({ id, source, microUsd, score, selected }: Project['scenes'][number]['takes'][number]): string {
  const cost = microUsd === null ? 'cost unknown' : formatUsd(microUsd);
  return [`${id} ${source}`, cost, ...(score === null ? [] : [`score ${score}`]), ...(selected ? ['used'] : [])].join(
    ', ',
  );
}

const show: Command = async ({ pipeline, output }, line) => {
  const project = await pipeline.get(idOf(line));
  output.tell(project);
  if (output.json) return EXITS.done;
  const names = new Names();
  for await (const event of eventsOf(pipeline, project)) names.learn(event);
  for (const row of overviewText(await overviewOf(pipeline, project))) output.say(row);
  tellProject(output, project);
  for (const step of project.steps) {
    const facts = step.asset === null ? '' : `${step.asset.mediaType} ${step.asset.size} bytes ${step.asset.digest}`;
    output.say(`${step.status.padEnd(10)} ${names.step(step.id).padEnd(20)} ${step.model ?? ''} ${facts}`.trimEnd());
  }
  for (const [at, { takes }] of project.scenes.entries())
    for (const take of takes) output.say(`take       scene ${at + 1} ${takeText(take)}`);
  return EXITS.done;
};

function queryOf({ flags }: CommandLine): ProjectQuery {
  const wanted = flags.status;
  if (wanted !== undefined && !STATUSES.some((known) => known === wanted))
    throw new UsageError(`--status: expected ${STATUSES.join(', ')}, got ${JSON.stringify(wanted)}`);
  const labels = labelsOf(flags);
  return {
    limit: 200,
    // In the log an interrupted project is a running one.
    ...(wanted === undefined ? {} : { status: wanted === 'interrupted' ? 'running' : wanted }),
    ...(flags.account === undefined ? {} : { account: flags.account }),
    ...(labels === undefined ? {} : { labels }),
  };
}

function tellSummary(
  output: Output,
  { projectId, status: now, charged, createdAt, prompt, ...rest }: ProjectSummary,
): void {
  output.tell({ projectId, status: now, charged, createdAt, prompt, ...rest });
  output.say(
    `${projectId} ${now.padEnd(11)} ${formatUsd(charged).padStart(7)} ${createdAt.slice(0, 16)} ${oneLine(prompt, 60)}`,
  );
}

const list: Command = async ({ pipeline, output }, line) => {
  const query = queryOf(line);
  let cursor: string | null = null;
  do {
    const page = await pipeline.list({ ...query, ...(cursor === null ? {} : { cursor }) });
    for (const item of page.items) {
      const now = item.status === 'running' ? (await pipeline.get(item.projectId)).status : item.status;
      if (line.flags.status === undefined || line.flags.status === now) tellSummary(output, { ...item, status: now });
    }
    cursor = output.unread.aborted ? null : page.next;
  } while (cursor !== null);
  return EXITS.done;
};

const stitch: Command = async (session, line) => {
  const id = idOf(line);
  const { status: now, steps } = await session.pipeline.get(id);
  const missing = steps.filter(({ kind, status: made }) => kind !== 'film' && made !== 'completed').length;
  if (missing > 0 || now === 'running')
    throw new UsageError(
      `stitch joins clips that are there: the project is ${now}, ${missing} steps are still to be made`,
    );
  const transition = transitionOf(line.flags);
  if (transition !== undefined) await session.pipeline.revise(id, { settings: { transition } });
  return drive(session, id);
};

const stop: Command = async ({ pipeline, output }, line) => {
  const id = idOf(line);
  const { status: before } = await pipeline.get(id);
  const operations = await pipeline.stop(id, { drain: line.flags.drain === true });
  const { status: now } = await pipeline.get(id);
  output.tell({ id, status: now, ...operations });
  const { length } = operations.operations;
  const isAtRest = before !== 'running' && before !== 'interrupted';
  if (isAtRest && length === 0) output.say(`${id} is ${now}: there is nothing to stop`);
  else output.say(`${id} is ${now}; operations that were running: ${length}`);
  for (const { callId, outcome, charged, heldUntil } of operations.operations) {
    const kept = heldUntil === null ? '' : `, to be had until ${heldUntil}`;
    output.say(`  ${callId} ${outcome}, charged: ${charged}${kept}`);
  }
  return EXITS.done;
};

const ANSWERS = ['charged', 'not-charged', 'resubmit', 'abandon'] as const;

const resolve: Command = async ({ pipeline, output, places }, { words: [callId = '', typed] }) => {
  const answer = ANSWERS.find((each) => each === typed);
  if (answer === undefined)
    throw new UsageError(`resolve CALL ANSWER: expected ${ANSWERS.join(', ')}, got ${JSON.stringify(typed)}`);
  if (!callId.includes('.'))
    throw new UsageError(`resolve CALL ANSWER: ${JSON.stringify(callId)} is not the id of a call`);
  const project = await pipeline.resolve(callId, answer);
  tellProject(output, project);
  output.note(`answered; go on with: ${resumeCommand(project.id, places)}`);
  return EXITS.done;
};

const block: Command = async ({ pipeline, output, places }, { words: [id = '', digest = '', ...reason] }) => {
  tellProject(output, await pipeline.block(id, digest as Digest, reason.join(' ')));
  output.note(`blocked; what is missing is made with: ${resumeCommand(id, places)}`);
  return EXITS.done;
};

const RUN: Readonly<Record<CommandName, Command>> = {
  generate,
  demo,
  resume,
  status,
  show,
  plan,
  revise,
  approve,
  list,
  stitch,
  fork,
  export: exportTo,
  import: importFrom,
  ...STORAGE,
  ...MONEY,
  block,
  stop,
  resolve,
};

/** Runs one command. */
export async function runCommand(name: CommandName, line: CommandLine, output: Output): Promise<ExitCode> {
  const places = placesOf(name, line.flags);
  const pipeline = await openPipeline(name, places);
  try {
    return await RUN[name]({ pipeline, places, output }, line);
  } finally {
    await pipeline.close();
  }
}
