import { isVidpipeError, type VidpipeError } from 'vidpipe';
import { type ExitCode, EXITS } from './help.ts';
import { type CommandLine, FLAGS, UsageError } from './options.ts';

/** Codes of the library for input that it can not follow. */
const WRONG_INPUT: readonly string[] = [
  'invalid-settings',
  'invalid-change',
  'invalid-archive',
  'invalid-bill',
  'unknown-model',
  'project-not-found',
  'missing-key',
  'foreign-database',
  'newer-format',
];

/** Settings whose flag is not called as they are. */
const FLAG_OF: Readonly<Record<string, string>> = {
  prompt: 'PROMPT',
  references: '--reference',
  labels: '--label',
  usd: '--budget',
};

function flagOf(field: string): string {
  const kebab = field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return FLAG_OF[field] ?? (Object.hasOwn(FLAGS, kebab) ? `--${kebab}` : field);
}

/** `maxScenes: raise maxScenes` becomes `--max-scenes: raise --max-scenes`. */
function issueLine(issue: string): string {
  const [, field = '', inner = '', said = issue] = /^(\w+)((?:\.[\w-]+)*): (.*)$/s.exec(issue) ?? [];
  const text = said.replaceAll(/\b[a-z]+[A-Z]\w*\b/g, flagOf);
  const kind = field === 'models' ? /^\.(text|image|video)/.exec(inner)?.[1] : undefined;
  if (kind !== undefined) return `--${kind}-model: ${text}`;
  return `${field === '' ? '' : `${flagOf(field)}${inner.replace('.', ' ')}: `}${text}`;
}

function modelFlag(model: unknown, { flags }: CommandLine): string {
  const flag = (['text-model', 'image-model', 'video-model'] as const).find((name) =>
    flags[name]?.includes(String(model)),
  );
  return flag === undefined ? '' : `--${flag}: `;
}

function libraryFault(error: VidpipeError, line: CommandLine): string {
  const { code, details, message } = error;
  switch (code) {
    case 'invalid-settings':
      return (details['issues'] as readonly string[]).map(issueLine).join('; ');
    case 'invalid-change':
      return (details['issues'] as readonly string[]).join('; ');
    case 'unknown-model':
      return `${modelFlag(details['model'], line)}${message}`;
    case 'project-not-found':
      return `no project has the id ${JSON.stringify(details['projectId'])}; \`list\` shows all ids`;
    case 'lease-held':
      return `another process drives the project; \`stop ${String(details['projectId'])}\` ends its run`;
    case 'open-calls':
      return `calls of the project are open (${(details['calls'] as readonly string[]).join(', ')}): \`resume\` fetches what they bring, --force counts them as charged in full`;
    default:
      return message;
  }
}

/** What to say of an error, in one line, and how to end. */
export function faultOf(error: unknown, line: CommandLine): { readonly message: string; readonly exit: ExitCode } {
  const exit = exitOf(error);
  const text = isVidpipeError(error)
    ? libraryFault(error, line)
    : error instanceof Error
      ? error.message
      : String(error);
  return { message: text.replaceAll(/\s+/g, ' ').trim(), exit };
}

function exitOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXITS.usage;
  if (!isVidpipeError(error)) return EXITS.failed;
  if (error.code === 'lease-held') return EXITS.driven;
  if (error.code === 'open-calls') return EXITS.waiting;
  return WRONG_INPUT.includes(error.code) ? EXITS.usage : EXITS.failed;
}
