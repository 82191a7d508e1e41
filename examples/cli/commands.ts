import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { formatUsd, type Pipeline, type Project, type RunResult } from 'vidpipe';
import { type CommandLine, numberOf } from './options.ts';
import { showProgress } from './progress.ts';
import { folderOf, openPipeline, settingsOf } from './setup.ts';

/** Exit codes: 0 done, 1 failed or refused input, 2 wrong command line, 3 waiting for you, 130 stopped by Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

const DEMO =
  'A lighthouse keeper finds a bottle with a map inside, rows out at dusk and meets the whale that the map was drawn for';

function say(line: CommandLine, text: string): void {
  if (line.flags.json !== true) console.log(text);
}

async function saveFilm(
  line: CommandLine,
  { project, film }: Extract<RunResult, { status: 'completed' }>,
): Promise<void> {
  const out = folderOf(line.flags);
  await film.saveTo(join(out, 'film.mp4'));
  await film.savePoster(join(out, 'poster.jpg'));
  await film.saveContactSheet(join(out, 'contact-sheet.jpg'));
  say(line, `${join(out, 'film.mp4')}: ${film.seconds.toFixed(1)} s, ${formatUsd(project.money.charged)} charged`);
  say(line, `project ${project.id} lives in ${join(out, 'vidpipe.db')} and ${join(out, 'assets')}`);
}

async function finish(line: CommandLine, result: RunResult): Promise<ExitCode> {
  if (result.status === 'completed') {
    await saveFilm(line, result);
    return 0;
  }
  const { id } = result.project;
  if (result.status === 'failed') {
    console.error(`failed: ${result.error.message}`);
    return 1;
  }
  say(line, result.status === 'waiting' ? `waiting: ${JSON.stringify(result.waiting)}` : result.status);
  say(line, `go on with: resume ${id}`);
  return result.status === 'waiting' ? 3 : 130;
}

async function drive(line: CommandLine, pipeline: Pipeline, id: string): Promise<ExitCode> {
  const end = showProgress(pipeline, id, line.flags.json === true);
  const onInterrupt = (): void => {
    say(line, 'stopping; running operations are cancelled or kept');
    void pipeline.stop(id);
  };
  process.once('SIGINT', onInterrupt);
  try {
    return await finish(line, await pipeline.run(id));
  } finally {
    process.off('SIGINT', onInterrupt);
    end();
  }
}

async function confirmed(line: CommandLine, project: Project): Promise<boolean> {
  for (const { message } of project.warnings) say(line, `note: ${message}`);
  if (line.flags.yes === true || !process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `Make ${project.settings.duration} s with ${project.settings.models.video[0]}? [y/N] `,
  );
  terminal.close();
  return /^y/i.test(answer);
}

async function generate(line: CommandLine, pipeline: Pipeline): Promise<ExitCode> {
  const project = await pipeline.create(settingsOf(line.words.join(' '), line.flags));
  say(line, `project ${project.id}`);
  return (await confirmed(line, project)) ? drive(line, pipeline, project.id) : 0;
}

function demo(line: CommandLine, pipeline: Pipeline): Promise<ExitCode> {
  const words = line.words.length > 0 ? line.words : [DEMO];
  return generate({ ...line, words, flags: { duration: '12', seed: '7', ...line.flags, yes: true } }, pipeline);
}

async function show(line: CommandLine, pipeline: Pipeline): Promise<ExitCode> {
  const project = await pipeline.get(line.words[0] ?? '');
  if (line.flags.json === true) console.log(JSON.stringify(project));
  else
    for (const { id, status, asset } of project.steps) console.log(`${status.padEnd(10)} ${id} ${asset?.digest ?? ''}`);
  return 0;
}

async function status(line: CommandLine, pipeline: Pipeline): Promise<ExitCode> {
  const { id, status: now, money, error, waiting } = await pipeline.get(line.words[0] ?? '');
  console.log(
    line.flags.json === true
      ? JSON.stringify({ id, status: now, money, error, waiting })
      : `${id} ${now} ${formatUsd(money.charged)} ${error?.message ?? ''}`,
  );
  return 0;
}

async function list(line: CommandLine, pipeline: Pipeline): Promise<ExitCode> {
  const { items } = await pipeline.list();
  for (const item of items)
    console.log(
      line.flags.json === true
        ? JSON.stringify(item)
        : `${item.projectId} ${item.status.padEnd(10)} ${formatUsd(item.charged)} ${item.prompt.slice(0, 60)}`,
    );
  return 0;
}

async function stitch(line: CommandLine, pipeline: Pipeline): Promise<ExitCode> {
  const id = line.words[0] ?? '';
  const seconds = numberOf(line.flags, 'fade') ?? 0;
  await pipeline.setTransition(id, { kind: seconds > 0 ? 'fade' : 'cut', seconds });
  return drive(line, pipeline, id);
}

async function stop(line: CommandLine, pipeline: Pipeline): Promise<ExitCode> {
  const { operations } = await pipeline.stop(line.words[0] ?? '');
  console.log(
    line.flags.json === true ? JSON.stringify(operations) : `stopped; ${operations.length} operations were running`,
  );
  return 0;
}

const COMMANDS = {
  demo,
  generate,
  resume: (line: CommandLine, pipeline: Pipeline) => drive(line, pipeline, line.words[0] ?? ''),
  status,
  list,
  show,
  stitch,
  stop,
} as const;

/** Whether a command is known. */
export function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}

/** Runs one command. */
export async function runCommand(name: keyof typeof COMMANDS, line: CommandLine): Promise<ExitCode> {
  const pipeline = openPipeline(line.flags);
  try {
    return await COMMANDS[name](line, pipeline);
  } finally {
    await pipeline.close();
  }
}
