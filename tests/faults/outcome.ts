import type { Ended, Start } from './os-world.ts';

/** What became of one case of a section. */
export interface Outcome {
  /** Line of the histogram that it counts in. */
  readonly row: string;
  /** The fault came to happen. */
  readonly happened: boolean;
  readonly violations: readonly string[];
}

/** A fact that can not be written is tried until it can; whoever tries for so long is ended from outside. */
const ENOUGH_TRIES = 2;

/** Told of the lines of a child; ends it when it only tries again. */
export class Impatient {
  #tries = 0;

  readonly onLine: NonNullable<Start['onLine']> = (line, child) => {
    this.#tries += line === 'logged a fact is not durable yet' ? 1 : 0;
    if (this.#tries === ENOUGH_TRIES) child.kill();
  };

  get hasKilled(): boolean {
    return this.#tries >= ENOUGH_TRIES;
  }
}

/** What is wrong with how a child ended that met a fault: it rests, waits, sent nothing, says why, or is interrupted where the log takes nothing at all. */
export function wrongEnd({ last, hung, stderr }: Ended, killed: boolean): string[] {
  if (hung) return [`it hung after "${last}"`];
  return killed || /^(rest (completed|waiting|interrupted|failed never-sent)|error) ?/.test(last)
    ? []
    : [`it ended with "${last}": ${stderr}`];
}

/** How a child ended, in a word or three. */
export function endOf({ last }: Ended, killed: boolean): string {
  return killed && !last.startsWith('rest') ? 'killed' : last;
}
