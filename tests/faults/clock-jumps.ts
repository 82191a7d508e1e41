import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pipeline, ProjectEvent } from 'vidpipe';
import { memoryAssets } from 'vidpipe/storage-adapters/memory';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { VirtualClock } from 'vidpipe/testing';
import { SetClock } from '../support/set-clock.ts';
import { clip, providerOf, settingsFor, still, worldPipeline } from '../support/world.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

/** How the wall clock is set, milliseconds. */
export const JUMPS = {
  'an hour forward': HOUR,
  'an hour back': -HOUR,
  'a day forward': 24 * HOUR,
  'a day back': -24 * HOUR,
  'past the end of 32 bits in 2038': Date.UTC(2038, 0, 19, 3, 14, 8) - START,
} as const;

/** After which event it is set: its type, and which of that type. */
export const MOMENTS = [
  ['run.started', 1],
  ['call.intended', 1],
  ['call.settled', 1],
  ['call.intended', 4],
  ['call.submitted', 1],
  ['call.settled', 4],
] as const;

/** One jump at one moment. */
export interface ClockJump {
  readonly jump: keyof typeof JUMPS;
  readonly moment: (typeof MOMENTS)[number];
}

/** All jumps at all moments. */
export function clockJumps(): readonly ClockJump[] {
  return (Object.keys(JUMPS) as ClockJump['jump'][]).flatMap((jump) => MOMENTS.map((moment) => ({ jump, moment })));
}

/** Two seconds more than a film of two stills and two clips one after another takes, with polls; milliseconds. */
const LONGEST_MS = 100_000;

/** A film on the real SQLite adapter whose clock is set on the way, on virtual time. */
class Jumping {
  readonly virtual = new VirtualClock(START);
  readonly clock = new SetClock(this.virtual);
  readonly #dir = mkdtempSync(join(tmpdir(), 'vidpipe-clock-'));
  readonly events = sqlite(join(this.#dir, 'vidpipe.db'), { now: () => this.clock.now() });
  readonly image = still({ clock: this.virtual });
  readonly video = clip({ clock: this.virtual });

  pipeline(owner: string): Pipeline {
    const { clock, events, image, video } = this;
    const provider = providerOf({ clock }, { image, video });
    const workDir = join(this.#dir, 'work');
    return worldPipeline(clock, provider, { events, assets: memoryAssets(), workDir, owner });
  }

  async log(id: string): Promise<ProjectEvent[]> {
    return (await Array.fromAsync(this.events.read(id))) as ProjectEvent[];
  }

  /** Requests that were sent: stills, and clips begun. */
  sent(): number {
    return this.image.calls.length + this.video.calls.filter(({ member }) => member === 'start').length;
  }

  async close(): Promise<void> {
    await this.events.close?.();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function wrongOrder(events: readonly ProjectEvent[]): string[] {
  return events.flatMap(({ seq, at }, index) => {
    const before = events[index - 1]?.at ?? '';
    return seq === index + 1 && at >= before ? [] : [`I6: seq ${seq} of ${at} stands at ${index + 1} after ${before}`];
  });
}

/** Sets the clock once on the way of a film; answers what is wrong: a deadline too early, a sleep too long, an order that is lost, a stolen lease. */
export async function playJump({ jump, moment: [type, nth] }: ClockJump): Promise<readonly string[]> {
  const world = new Jumping();
  const { virtual, clock } = world;
  try {
    const [first, second] = [world.pipeline('first'), world.pipeline('second')];
    const { id } = await first.create(settingsFor(2));
    let [seen, stolen] = [0, null as string | null];
    const theft = async (): Promise<void> => {
      // By then the lease has been renewed on the clock as it is now.
      await virtual.sleep(6_000);
      await second.run(id).catch((error: { code: string }) => (stolen = error.code));
      stolen ??= 'taken';
    };
    const thefts: Promise<void>[] = [];
    first.on('event', (event) => {
      seen += event.type === type ? 1 : 0;
      if (event.type !== type || seen !== nth) return;
      clock.jump(JUMPS[jump]);
      seen = Infinity;
      thefts.push(theft());
    });
    const { status, project } = await virtual.run(first.run(id));
    const took = virtual.monotonic();
    await virtual.run(Promise.all(thefts));
    const sent = world.sent();
    return [
      ...(seen === Infinity ? [] : ['the clock was not set']),
      ...(status === 'completed' ? [] : [`it rests as ${status} (${JSON.stringify(project.waiting ?? project.error)})`]),
      ...(took <= LONGEST_MS ? [] : [`it took ${took} ms`]),
      ...(sent === 5 ? [] : [`${sent} requests were sent, 5 were wanted`]),
      ...(stolen === 'lease-held' || took < 6_000 + 8_000 ? [] : [`a second driver: ${stolen}`]),
      ...wrongOrder(await world.log(id)),
    ];
  } finally {
    await world.close();
  }
}
