import { readFileSync } from 'node:fs';
import { type ModelId, type OnUnknown, type ProjectSettings, type Reference, type Transition, usd } from 'vidpipe';
import { type Flags, FLAGS, numberOf, UsageError } from './options.ts';

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Flags that were not given are left to the library's defaults. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}

/** `KEY=VALUE`, cut at the first `=`. */
function pairOf(flag: 'label' | 'reference' | 'option', text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--${flag}: expected ${FLAGS[flag].shows}, got ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `--label`, as settings and lists take them. */
export function labelsOf({ label }: Flags): Readonly<Record<string, string>> | undefined {
  return label === undefined ? undefined : Object.fromEntries(label.map((text) => pairOf('label', text)));
}

function referenceOf(text: string): Reference {
  const [name, rest] = pairOf('reference', text);
  const [, image = rest, kind = 'character'] = /^(.+):(character|place|object|style)$/.exec(rest) ?? [];
  return { name, image, kind: kind as Reference['kind'] };
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `--option`, by provider. */
function optionsOf(texts: readonly string[] | undefined): ProjectSettings['options'] {
  if (texts === undefined) return undefined;
  const options: Record<string, Record<string, unknown>> = {};
  for (const text of texts) {
    const [path, value] = pairOf('option', text);
    const [, provider = '', key = ''] = /^([^.]+)\.(.+)$/.exec(path) ?? [];
    if (key === '') throw new UsageError(`--option: expected ${FLAGS.option.shows}, got ${JSON.stringify(text)}`);
    options[provider] = { ...options[provider], [key]: valueOf(value) };
  }
  return options;
}

const LONGEST_FADE = 5;

/** `cut`, `fade` (half a second) or `fade:SECONDS`. */
export function transitionOf({ transition }: Flags): Transition | undefined {
  if (transition === undefined) return undefined;
  if (transition === 'cut') return { kind: 'cut', seconds: 0 };
  const [, typed = ''] = /^fade(?::([\d.]+))?$/.exec(transition) ?? [];
  const seconds = transition === 'fade' ? 0.5 : Number(typed === '' ? Number.NaN : typed);
  if (seconds > 0 && seconds <= LONGEST_FADE) return { kind: 'fade', seconds };
  const wanted = `cut, fade or fade:SECONDS, above 0 and at most ${LONGEST_FADE} s`;
  throw new UsageError(`--transition: expected ${wanted}, got ${JSON.stringify(transition)}`);
}

const KINDS = ['text', 'image', 'video'] as const;
const ANSWERS: readonly string[] = ['ask', 'resubmit', 'fail'] satisfies OnUnknown[];

function onUnknownOf(texts: readonly string[] | undefined): ProjectSettings['onUnknown'] {
  if (texts === undefined) return undefined;
  const wanted = texts.flatMap((text) => {
    const [, kind, answer = ''] = /^(?:(text|image|video)=)?(.*)$/.exec(text) ?? [];
    if (!ANSWERS.includes(answer))
      throw new UsageError(
        `--on-unknown: expected ask, resubmit or fail, also for one kind (video=ask), got ${JSON.stringify(text)}`,
      );
    return (kind === undefined ? KINDS : [kind]).map((each) => [each, answer]);
  });
  return Object.fromEntries(wanted) as ProjectSettings['onUnknown'];
}

function storyboardOf(path: string | undefined): ProjectSettings['storyboard'] {
  if (path === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProjectSettings['storyboard'];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--storyboard: ${path} can not be read as JSON (${reason})`, { cause: error });
  }
}

function budgetOf(dollars: string | undefined): ProjectSettings['budget'] {
  if (dollars === undefined) return undefined;
  try {
    return usd(dollars);
  } catch (error) {
    throw new UsageError(`--budget: expected dollars such as 2.50, got ${JSON.stringify(dollars)}`, { cause: error });
  }
}

/** Settings out of flags. Throws `UsageError` for what can not be read; bounds are the library's to check. */
export function settingsOf(prompt: string, flags: Flags): ProjectSettings {
  const { style, ratio, audio, account } = flags;
  const wishes = {
    style,
    ratio: ratio as ProjectSettings['ratio'],
    resolution: flags.resolution as ProjectSettings['resolution'],
    duration: numberOf('duration', flags.duration),
    clipDuration: numberOf('clip-duration', flags['clip-duration']),
    audio,
    seed: numberOf('seed', flags.seed),
    negativePrompt: flags['negative-prompt'],
    references: flags.reference?.map(referenceOf),
    transition: transitionOf(flags),
    takes: numberOf('takes', flags.takes),
    storyboard: storyboardOf(flags.storyboard),
    budget: budgetOf(flags.budget),
    maxScenes: numberOf('max-scenes', flags['max-scenes']),
    maxCalls: numberOf('max-calls', flags['max-calls']),
    account,
    options: optionsOf(flags.option),
    labels: labelsOf(flags),
    gates: flags.gate as ProjectSettings['gates'],
    onUnknown: onUnknownOf(flags['on-unknown']),
  };
  const models = {
    text: flags['text-model'] as readonly ModelId[] | undefined,
    image: flags['image-model'] as readonly ModelId[] | undefined,
    video: flags['video-model'] as readonly ModelId[] | undefined,
  };
  return { prompt, models: given(models), ...given(wishes) };
}
