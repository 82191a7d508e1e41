import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OsWorld } from './os-world.ts';
import type { Outcome } from './outcome.ts';

const LIBRARY = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`;

/** Why the wall clock of a child can not be set here; `null`: it can. */
export function whyNoFakeTime(): string | null {
  return existsSync(LIBRARY) ? null : 'libfaketime is not there';
}

/** How the wall clock of a process is set at its nth event. */
export interface FakeTimeCase {
  readonly jump: string;
  readonly nth: number;
}

/** An hour and a day, both ways, and the end of 32 bits, each at four events. */
export function fakeTimeCases(): readonly FakeTimeCase[] {
  const toEnd = Math.ceil(Date.UTC(2038, 0, 19, 3, 14, 8) / 1000 - Date.now() / 1000);
  return ['+3600', '-3600', '+86400', '-86400', `+${toEnd}`].flatMap((jump) =>
    [1, 3, 8, 11].map((nth) => ({ jump, nth })),
  );
}

/** Sets the clock of a process that makes a film, by the C library that it asks; then resumes it on the true clock, and checks all. */
export async function playFakeTime({ jump, nth }: FakeTimeCase): Promise<Outcome> {
  const world = await new OsWorld('look-up').open();
  try {
    const file = join(world.dir, 'time');
    const set = (offset: string): void => {
      writeFileSync(`${file}.new`, offset);
      renameSync(`${file}.new`, file);
    };
    set('+0');
    let events = -1;
    const began = performance.now();
    const ended = await world.run({
      env: {
        LD_PRELOAD: LIBRARY,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
      onLine: () => {
        events += 1;
        if (events === nth) set(jump);
      },
    });
    const took = performance.now() - began;
    const wrong = [
      ...(ended.last === 'rest completed' ? [] : [`it ended with "${ended.last}": ${ended.stderr}`]),
      ...(took < 20_000 ? [] : [`it took ${took} ms`]),
    ];
    return { row: `set by ${jump} s`, happened: events >= nth, violations: [...wrong, ...(await world.finish())] };
  } finally {
    await world.close();
  }
}
