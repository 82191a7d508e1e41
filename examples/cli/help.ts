import { COMMANDS, FLAGS } from './options.ts';

/** Exit codes, as `--help` and docs/cli.md list them. */
export const EXITS = {
  done: 0,
  failed: 1,
  usage: 2,
  waiting: 3,
  driven: 4,
  stopped: 130,
  unread: 141,
} as const;

/** How the command line ends. */
export type ExitCode = (typeof EXITS)[keyof typeof EXITS];

const MEANINGS: Readonly<Record<keyof typeof EXITS, string>> = {
  done: 'done',
  failed: 'failed: a step, a file or a program; `resume` tries again',
  usage: 'wrong command line, settings, model, project or database; nothing was sent',
  waiting: 'waiting for you: a gate, a budget, an unanswered call, or your yes',
  driven: 'another process drives the project',
  stopped: 'ended by Ctrl-C, SIGTERM, SIGHUP or `stop`; `resume` goes on',
  unread: 'nobody reads standard output any more; `resume` goes on',
};

const row = (left: string, right: string): string => `  ${left.padEnd(29)}${right}`;

/** The text of `--help`. */
export function usage(): string {
  const commands = Object.entries(COMMANDS).map(([name, { takes, help }]) => row(`${name} ${takes}`, help));
  const flags = Object.entries(FLAGS).map(([name, flag]) =>
    row(`--${name}${'shows' in flag ? ` ${flag.shows}` : ''}`, flag.help),
  );
  const exits = Object.entries(EXITS).map(([name, code]) => row(String(code), MEANINGS[name as keyof typeof MEANINGS]));
  return `vidpipe: a prompt becomes a film

commands
${commands.join('\n')}

flags
${flags.join('\n')}

environment
${row('VIDPIPE_OUT, _EVENTS', 'as the flags of these names')}
${row('VIDPIPE_ASSETS, _SPEED', 'as the flags of these names')}
${row('VIDPIPE_PROVIDER', 'as the flag of this name; several are separated by commas')}
${row('FFMPEG_PATH, FFPROBE_PATH', 'the two programs, where they are not on PATH')}
${row('GOOGLE_CLOUD_PROJECT', "google: on Vertex, with the machine's credentials or GOOGLE_CLOUD_API_KEY")}
${row('GOOGLE_CLOUD_LOCATION', 'google: region of Veo on Vertex (default: us-central1)')}
${row('GOOGLE_CLOUD_BUCKET', 'google: bucket for clips of Vertex; lost ones are found in it (default: none)')}
${row('GEMINI_API_KEY', 'google: on the Gemini Developer API, without a project')}
${row('VIDPIPE_GOOGLE_URL', 'google: address of a loopback Google that runs at --speed (docs/google.md)')}
  Keys are read by the providers, from variables that they name. There is no configuration file.

exit codes
${exits.join('\n')}`;
}
