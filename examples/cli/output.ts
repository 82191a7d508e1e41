/** Where a link may carry a signature or a password. */
const LINK = /(https?:\/\/)(?:[^\s"'<>/?#@]*@)?([^\s"'<>?#]*)(\?[^\s"'<>]*)?/gi;
// eslint-disable-next-line no-control-regex -- text of models and users must not steer the terminal
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text without queries and passwords of links, which may be signed or secret. */
function withoutSecrets(text: string): string {
  return text.replace(LINK, (_all, scheme: string, rest: string, query?: string) =>
    query === undefined ? `${scheme}${rest}` : `${scheme}${rest}?…`,
  );
}

/** Text for a person: no secrets, nothing that steers a terminal. */
export function plain(text: string): string {
  return withoutSecrets(text).replace(CONTROL, ' ');
}

/** One line of plain text, at most `most` characters. */
export function oneLine(text: string, most: number): string {
  const line = plain(text).replaceAll(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** A value as one line of JSON, its texts without secrets. */
export function jsonLine(value: object): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'string' ? withoutSecrets(each) : each));
}

/** Standard output: text for people, or with `--json` values for programs, never both. */
export class Output {
  readonly json: boolean;
  /** A live view can be drawn. */
  readonly live: boolean;
  readonly #unread = new AbortController();

  constructor(json: boolean) {
    this.json = json;
    this.live = !json && process.stdout.isTTY;
    process.stdout.on('error', () => this.#unread.abort());
    process.stderr.on('error', () => undefined);
  }

  /** Aborts when nobody reads standard output any more. */
  get unread(): AbortSignal {
    return this.#unread.signal;
  }

  /** Text; nothing with `--json`. */
  say(text: string): void {
    if (!this.json) this.write(`${plain(text)}\n`);
  }

  /** A value; nothing without `--json`. */
  tell(value: object): void {
    if (this.json) this.write(`${jsonLine(value)}\n`);
  }

  /** What a person should know whoever reads standard output. */
  note(text: string): void {
    if (this.json || this.unread.aborted) this.warn(text);
    else this.say(text);
  }

  /** A line on standard error. */
  warn(text: string): void {
    process.stderr.write(`${plain(text)}\n`);
  }

  /** Exactly this text, on standard output. */
  write(text: string): void {
    if (!this.unread.aborted) process.stdout.write(text);
  }
}
