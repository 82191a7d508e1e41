import { join } from 'node:path';
import { formatUsd, type Pipeline, type RunOptions, type RunResult, type Waiting } from 'vidpipe';
import { type ExitCode, EXITS } from './help.ts';
import type { Progress } from './live.ts';
import type { CommandLine } from './options.ts';
import type { Output } from './output.ts';
import { resumeCommand } from './paste.ts';
import { showProgress } from './progress.ts';
import type { Places } from './setup.ts';

/** What commands are given. */
export interface Session {
  readonly pipeline: Pipeline;
  readonly places: Places;
  readonly output: Output;
}

/** One command: does it, says it, answers how to exit. */
export type Command = (session: Session, line: CommandLine) => Promise<ExitCode>;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes a Ctrl-C on that its child has had from the terminal already: both are one. */
const ONE_PRESS_MS = 500;

/** Closes at the first signal, or when nobody reads any more; ends at once at the second signal. Returns what undoes it. */
function closeOnSignals({ output }: Session, progress: Progress, goOn: string, close: () => void): () => void {
  let first: number | null = null;
  const onSignal = (): void => {
    if (first === null) {
      first = Date.now();
      progress.note('closing: nothing new is sent, clips that run are left running; Ctrl-C again ends at once');
      close();
    } else if (Date.now() - first > ONE_PRESS_MS) {
      progress.note(`ended; go on with: ${goOn}`);
      process.exit(EXITS.stopped);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  output.unread.addEventListener('abort', close);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    output.unread.removeEventListener('abort', close);
  };
}

async function run(session: Session, id: string, options: RunOptions): Promise<RunResult> {
  const { pipeline, output, places } = session;
  const progress = await showProgress(pipeline, await pipeline.get(id), output);
  const closing = new AbortController();
  const close = (): void => void pipeline.close().catch((error: unknown) => progress.note(String(error)));
  const undo = closeOnSignals(session, progress, resumeCommand(id, places), () => closing.abort());
  try {
    const { done } = await pipeline.start(id, options);
    if (closing.signal.aborted) close();
    else closing.signal.addEventListener('abort', close);
    return await done;
  } finally {
    undo();
    await progress.end();
  }
}

type WaitTexts = {
  readonly [R in Waiting['reason']]?: (waiting: Extract<Waiting, { readonly reason: R }>) => string;
};

/** What a wait is for, and what ends it. */
const WAITS: WaitTexts = {
  gate: ({ gate }) => `your approval of the ${gate}`,
  budget: ({ missing, pool }) =>
    `${formatUsd(missing)} more in ${pool}; nothing is sent that does not fit, --partial buys what does`,
  'unknown-charge': ({ calls }) =>
    `your answer: nobody can tell what became of ${calls.join(', ')}; resolve CALL charged|not-charged|resubmit|abandon`,
  storage: ({ message }) => `the storage: ${message}`,
  provider: ({ model, retryAt, message }) => `${model}, which is out of order until ${retryAt}: ${message}`,
  overdue: ({ calls }) => `the provider, which is late with ${calls.join(', ')}`,
  parent: ({ calls }) => `the project that it was forked from, where ${calls.join(', ')} is open; resume that one`,
  deadline: ({ nextCheckAt }) => `the next look at ${nextCheckAt}`,
};

function waitText(waiting: Waiting): string {
  const say = WAITS[waiting.reason] as ((waiting: Waiting) => string) | undefined;
  return say?.(waiting) ?? waiting.reason;
}

async function save(
  { output, places: { out } }: Session,
  result: Extract<RunResult, { status: 'completed' }>,
): Promise<void> {
  const { film, project } = result;
  const [path, poster, sheet] = ['film.mp4', 'poster.jpg', 'contact-sheet.jpg'].map((name) => join(out, name));
  await film.saveTo(path ?? '');
  await film.savePoster(poster ?? '');
  await film.saveContactSheet(sheet ?? '');
  const { charged, unknown } = project.money;
  output.say(
    `${path}: ${film.seconds.toFixed(1)} s, ${formatUsd(charged)} charged${unknown > 0 ? `, ${formatUsd(unknown)} unknown` : ''}`,
  );
  output.say(`beside it ${poster} and ${sheet}`);
  output.tell({
    type: 'result',
    id: project.id,
    status: 'completed',
    money: project.money,
    seconds: film.seconds,
    film: path,
    poster,
    contactSheet: sheet,
  });
}

/** Drives a project until it rests, shows it, and saves the film of one that is complete. */
export async function drive(session: Session, id: string, options: RunOptions = {}): Promise<ExitCode> {
  const { output, places } = session;
  const result = await run(session, id, options);
  if (result.status === 'completed') {
    await save(session, result);
    return EXITS.done;
  }
  const { project, status } = result;
  const atGate = result.status === 'waiting' && result.waiting.reason === 'gate';
  const goOn = resumeCommand(id, places, atGate ? 'approve' : 'resume');
  const why = 'waiting' in result ? { waiting: result.waiting } : 'error' in result ? { error: result.error } : {};
  output.tell({ type: 'result', id, status, money: project.money, ...why, resume: goOn });
  if ('error' in result && result.error !== null) output.warn(`${status}: ${result.error.message}`);
  if (result.status === 'waiting') output.note(`waiting for ${waitText(result.waiting)}`);
  output.note(`${status}, ${formatUsd(project.money.charged)} charged; go on with: ${goOn}`);
  if (status === 'waiting') return EXITS.waiting;
  const isEnded = status === 'stopped' || (result.status === 'interrupted' && result.error === null);
  return isEnded ? EXITS.stopped : EXITS.failed;
}
