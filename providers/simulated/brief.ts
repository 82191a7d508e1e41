import type { TextRequest } from 'vidpipe/provider';

/** What a request for words asks for. */
export interface Brief {
  /** All of the user's words, over all lines. */
  readonly script: string;
  /** What added scenes shall be about, or `''`. */
  readonly direction: string;
  readonly style: string;
  /** Length of each scene that is asked for, seconds. */
  readonly lengths: readonly number[];
  /** Scenes that stand already. */
  readonly standing: number;
  /** Whom the last standing scene shows. */
  readonly cast: readonly string[];
}

function line(text: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
}

/** The text after the first line that begins so, over all lines up to one that begins with `end`. */
function block(text: string, name: string, end: string): string {
  const [, found = ''] = new RegExp(`^${name}: ([\\s\\S]*)`, 'm').exec(text) ?? [];
  const over = found.indexOf(`\n${end}`);
  return over < 0 ? found : found.slice(0, over);
}

function standing(prompt: string): readonly { readonly cast?: readonly string[] }[] {
  try {
    return JSON.parse(line(prompt, 'The film so far') || '[]') as { cast?: string[] }[];
  } catch {
    return [];
  }
}

/** Reads the core's request as the words that it is; what is not said has a default. */
export function briefOf({ prompt }: TextRequest): Brief {
  const [, medium = ''] = /^Medium and style: (.*?)\. /m.exec(prompt) ?? [];
  const count = Number(line(prompt, 'Scenes')) || 1;
  const seconds = line(prompt, 'Seconds').split(', ').map(Number);
  const film = standing(prompt);
  return {
    script: block(prompt, 'Script', 'Your reply before').trim() || prompt.slice(0, 200),
    direction: block(prompt, 'Direction', 'Scenes: ').trim(),
    style: line(prompt, 'Style') || medium || 'cinematic',
    lengths: Array.from({ length: count }, (_, index) => seconds[index] ?? seconds[0] ?? 0),
    standing: film.length,
    cast: film.at(-1)?.cast ?? [],
  };
}
