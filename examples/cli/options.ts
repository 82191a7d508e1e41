import { parseArgs } from 'node:util';

/** What the command line can be asked for, in the order of the help. */
export const COMMANDS = {
  generate: { takes: 'PROMPT', help: 'make a film: shows what is going to be made, and asks' },
  demo: { takes: '[PROMPT]', help: 'make a short film with the simulated models, without asking' },
  resume: { takes: 'ID', help: 'go on after a stop, a crash or a wait; saves the film of a project that is complete' },
  status: { takes: 'ID', help: 'what has become of it, in one line' },
  show: { takes: 'ID', help: 'its settings, plan and artifacts' },
  approve: { takes: 'ID', help: 'open the gate that it waits at: shows the plan, and asks' },
  list: { takes: '', help: 'all projects, newest first' },
  stitch: { takes: 'ID', help: 'join the clips again, with another --transition; nothing is bought' },
  stop: { takes: 'ID', help: 'stop a run, also one of another process' },
  resolve: {
    takes: 'CALL ANSWER',
    help: 'answer a call nobody can tell of: charged, not-charged, resubmit or abandon',
  },
} as const;

/** A command by its name. */
export type CommandName = keyof typeof COMMANDS;

interface Flag {
  readonly type: 'string' | 'boolean';
  /** What stands for its value in the help. */
  readonly shows?: string;
  readonly multiple?: true;
  /** Commands that take it. @default all */
  readonly on?: readonly CommandName[];
  readonly help: string;
}

const on = ['generate', 'demo'] as const;

/** All but `demo`, which must never reach a model that costs money. */
const onReal = ['generate', 'resume', 'status', 'show', 'approve', 'list', 'stitch', 'stop', 'resolve'] as const;

/** Every flag, as `--help` lists it. */
export const FLAGS = {
  style: { type: 'string', shows: 'WORDS', on, help: 'style of the film (default: cinematic)' },
  ratio: { type: 'string', shows: 'RATIO', on, help: '16:9 or 9:16 (default: 16:9)' },
  resolution: { type: 'string', shows: 'LINES', on, help: '720p, 1080p or 4k, as the video model can (default: 720p)' },
  duration: { type: 'string', shows: 'SECONDS', on, help: 'length of the film (default: 24; demo: 12)' },
  'clip-duration': { type: 'string', shows: 'SECONDS', on, help: 'wished length of a clip (default: near 6)' },
  'text-model': { type: 'string', shows: 'MODEL', multiple: true, on, help: 'model that writes; repeat it for a list' },
  'image-model': { type: 'string', shows: 'MODEL', multiple: true, on, help: 'model that draws; repeat it for a list' },
  'video-model': { type: 'string', shows: 'MODEL', multiple: true, on, help: 'model for clips; repeat it for a list' },
  audio: { type: 'boolean', on, help: 'with sound; --no-audio: silent (default: as the model can)' },
  seed: { type: 'string', shows: 'NUMBER', on, help: '0 to 4294967295 (default: drawn; demo: 7)' },
  'negative-prompt': { type: 'string', shows: 'WORDS', on, help: 'what pictures must not show (default: by style)' },
  reference: {
    type: 'string',
    shows: 'NAME=PATH[:KIND]',
    multiple: true,
    on,
    help: 'a picture of a character (default), place, object or style',
  },
  transition: {
    type: 'string',
    shows: 'KIND[:SECONDS]',
    on: [...on, 'stitch'],
    help: 'how clips are joined: cut, or fade:0.5 (default: cut)',
  },
  storyboard: { type: 'string', shows: 'FILE', on, help: 'your own storyboard (JSON) in place of a written one' },
  budget: { type: 'string', shows: 'DOLLARS', on, help: 'most that may be spent (default: no limit)' },
  'max-scenes': { type: 'string', shows: 'NUMBER', on, help: 'most scenes (default: 50)' },
  'max-calls': { type: 'string', shows: 'NUMBER', on, help: 'most billable calls (default: 3 times the plan)' },
  account: { type: 'string', shows: 'NAME', on: [...on, 'list'], help: 'account whose pool is drawn on; filters list' },
  label: {
    type: 'string',
    shows: 'KEY=VALUE',
    multiple: true,
    on: [...on, 'list'],
    help: 'your own keys; filter list',
  },
  gate: {
    type: 'string',
    shows: 'GATE',
    multiple: true,
    on,
    help: 'wait for `approve` at plan, storyboard, keyframes or clips; repeat it for several',
  },
  option: {
    type: 'string',
    shows: 'PROVIDER.KEY=VALUE',
    multiple: true,
    on,
    help: 'an option of one provider; JSON or plain text',
  },
  'on-unknown': {
    type: 'string',
    shows: '[KIND=]WHAT',
    multiple: true,
    on,
    help: 'lost calls of text, image or video: ask, resubmit or fail',
  },
  yes: { type: 'boolean', on: [...on, 'approve'], help: 'do not ask before spending' },
  'retry-refused': { type: 'boolean', on: ['resume'], help: 'take up steps again that a content filter refused' },
  drain: { type: 'boolean', on: ['stop'], help: 'let clips that run come to their end first' },
  status: { type: 'string', shows: 'STATUS', on: ['list'], help: 'only projects of this status' },
  out: { type: 'string', shows: 'FOLDER', help: 'where films and projects live (VIDPIPE_OUT; default: out)' },
  events: { type: 'string', shows: 'FILE', help: 'SQLite database (VIDPIPE_EVENTS; default: OUT/vidpipe.db)' },
  assets: { type: 'string', shows: 'FOLDER', help: 'store of all bytes (VIDPIPE_ASSETS; default: OUT/assets)' },
  provider: {
    type: 'string',
    shows: 'NAME|FILE',
    multiple: true,
    on: onReal,
    help: 'simulated, google, or a module that exports `provider` (VIDPIPE_PROVIDER)',
  },
  speed: { type: 'string', shows: 'NUMBER', help: 'how much faster than life fake clips are (VIDPIPE_SPEED; 20)' },
  json: { type: 'boolean', help: 'one JSON value per line on standard output' },
  help: { type: 'boolean', help: 'this text' },
} as const satisfies Readonly<Record<string, Flag>>;

type Table = typeof FLAGS;
type ValueOf<F> = F extends { readonly type: 'boolean' }
  ? boolean
  : F extends { readonly multiple: true }
    ? readonly string[]
    : string;

/** Flags as given. */
export type Flags = { readonly [K in keyof Table]?: ValueOf<Table[K]> };

/** What was typed: `words` is the prompt, the id, or a call and its answer. */
export interface CommandLine {
  readonly command: CommandName | 'help';
  readonly words: readonly string[];
  readonly flags: Flags;
}

/** A command line that can not be followed; the message says what is wrong with it. */
export class UsageError extends Error {}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

const COUNTS: Readonly<Record<string, number>> = { '': 0, ID: 1, 'CALL ANSWER': 2 };

function checkWords(command: CommandName, words: readonly string[]): void {
  const { takes } = COMMANDS[command];
  const expected = COUNTS[takes];
  if (expected !== undefined && words.length !== expected)
    throw new UsageError(
      `${command} takes ${takes === '' ? 'no words' : takes}, got ${JSON.stringify(words.join(' '))}`,
    );
  if (takes === 'PROMPT' && words.join('').trim() === '') throw new UsageError('generate needs a prompt');
}

function checkFlags(command: CommandName, flags: Flags): void {
  for (const name of Object.keys(flags) as (keyof Flags)[]) {
    const { on: takers = [command] }: Flag = FLAGS[name];
    if (!takers.includes(command)) throw new UsageError(`--${name}: not for ${command}, only for ${takers.join(', ')}`);
  }
}

/** What `parseArgs` says, without its advice for other programs. */
function parseFault(error: TypeError): UsageError {
  const [, what, flag = ''] = /^(Unknown o|O)ption '(-[^' ]*)/.exec(error.message) ?? [];
  const says =
    what === 'Unknown o'
      ? 'there is no such flag; --help lists them'
      : error.message.includes('not take')
        ? 'it takes no value'
        : `expected a value after it; one that begins with a dash is given as ${flag}=-1`;
  return new UsageError(`${flag}: ${says}`, { cause: error });
}

function parse(argv: readonly string[]): { readonly flags: Flags; readonly positionals: readonly string[] } {
  const table: Readonly<Record<string, Flag>> = FLAGS;
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true, allowNegative: true });
    return { flags: parsed.values, positionals: parsed.positionals };
  } catch (error) {
    throw error instanceof TypeError ? parseFault(error) : error;
  }
}

/** Reads the command line. Throws `UsageError`. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { flags, positionals } = parse(argv);
  const [command = 'help', ...words] = positionals;
  if (flags.help === true || command === 'help') return { command: 'help', words: [], flags };
  if (!isCommand(command))
    throw new UsageError(
      `there is no command ${JSON.stringify(command)}; there are ${Object.keys(COMMANDS).join(', ')}`,
    );
  checkWords(command, words);
  checkFlags(command, flags);
  return { command, words, flags };
}

/** A number as typed. Throws `UsageError` that names the flag. */
export function numberOf(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^[+-]?\d+(\.\d+)?$/.test(given.trim())) return Number(given);
  throw new UsageError(`--${name}: expected a number, got ${JSON.stringify(given)}`);
}
