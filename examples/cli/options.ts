import { parseArgs } from 'node:util';
import { type CommandName, COMMANDS, type Flag, FLAGS } from './flags.ts';

export { type CommandName, COMMANDS, FLAGS };

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

const COUNTS: Readonly<Record<string, number>> = { '': 0, ID: 1, FOLDER: 1, 'ID FOLDER': 2, 'CALL ANSWER': 2 };

function checkWords(command: CommandName, words: readonly string[]): void {
  const { takes } = COMMANDS[command];
  const expected = COUNTS[takes];
  if (expected !== undefined && words.length !== expected)
    throw new UsageError(
      `${command} takes ${takes === '' ? 'no words' : takes}, got ${JSON.stringify(words.join(' '))}`,
    );
  if (command === 'block' && words.length < 3) throw new UsageError(`block takes ${takes}`);
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
