import { parseArgs } from 'node:util';

/** Every flag, as `--help` lists it. */
export const FLAGS = {
  out: { type: 'string', help: 'folder for the film and the project (default: out)' },
  style: { type: 'string', help: 'style of the film (default: cinematic)' },
  ratio: { type: 'string', help: '16:9 or 9:16 (default: 16:9)' },
  duration: { type: 'string', help: 'length of the film in seconds (default: 24; demo: 12)' },
  'clip-duration': { type: 'string', help: 'wished length of a clip in seconds' },
  'text-model': { type: 'string', help: 'model that writes' },
  'image-model': { type: 'string', help: 'model that draws' },
  'video-model': { type: 'string', help: 'model that makes clips' },
  'no-audio': { type: 'boolean', help: 'a silent film' },
  seed: { type: 'string', help: 'the same seed makes the same film (simulated models)' },
  'negative-prompt': { type: 'string', help: 'what pictures must not show' },
  budget: { type: 'string', help: 'most dollars that may be spent' },
  fade: { type: 'string', help: 'cross-fade between clips, seconds' },
  speed: { type: 'string', help: 'how much faster than life the simulated models are (default: 20)' },
  json: { type: 'boolean', help: 'one JSON value per line' },
  yes: { type: 'boolean', help: 'do not ask before spending' },
  help: { type: 'boolean', help: 'this text' },
} as const;

/** Flags as given. */
export type Flags = {
  readonly [K in keyof typeof FLAGS]?: (typeof FLAGS)[K]['type'] extends 'boolean' ? boolean : string;
};

/** What was typed. */
export interface CommandLine {
  readonly command: string;
  readonly words: readonly string[];
  readonly flags: Flags;
}

/** Reads the command line. Throws a `TypeError` that names an unknown flag. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const options = Object.fromEntries(Object.entries(FLAGS).map(([name, { type }]) => [name, { type }]));
  const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
  const [command = 'help', ...words] = positionals;
  return { command, words, flags: values };
}

/** A flag's number, or `undefined` when it was not given. */
export function numberOf(
  flags: Flags,
  name: 'duration' | 'clip-duration' | 'seed' | 'fade' | 'speed',
): number | undefined {
  const given = flags[name];
  return given === undefined ? undefined : Number(given);
}
