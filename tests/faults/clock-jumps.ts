import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Pipeline, ProjectEvent } from 'vidpipe';
import { memoryAssets } from 'vidpipe/storage-adapters/memory';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { VirtualClock } from 'vidpipe/testing';
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

/** Until the driver has renewed its lease of 15 s at least once. */
const RENEWED_MS = 6_000;
/** Three stills and two clips. */
const BILLS = 5;
/** Far more than a film takes that is never waited for too long. */
const LONGEST_MS = 100_000;

/** A film on the real SQLite adapter whose clock is set on the way, on virtual time. */
class Jumping {
  readonly clock = new VirtualClock(START);
  readonly #dir = mkdtempSync(join(tmpdir(), 'vidpipe-clock-'));
  readonly events = sqlite(join(this.#dir, 'vidpipe.db'), { now: () => this.clock.now() });
  /** The provider's own clock, which nobody sets. */
  readonly #theirs: Clock = {
    now: () => this.clock.monotonic(),
    monotonic: () => this.clock.monotonic(),
    sleep: (ms, signal) => this.clock.sleep(ms, signal),
  };
  readonly image = still({ clock: this.#theirs });
  readonly video = clip({ clock: this.#theirs });

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
  const { clock } = world;
  try {
    const [first, second] = [world.pipeline('first'), world.pipeline('second')];
    const { id } = await first.create(settingsFor(2));
    const wrong: string[] = [];
    let [seen, isOver] = [0, false];
    const steal = async (): Promise<void> => {
      // By then the lease has been renewed on the clock as it is now.
      await clock.sleep(RENEWED_MS);
      if (isOver) return;
      const code = await second.run(id).then(
        () => 'nothing',
        (error: { code: string }) => error.code,
      );
      if (code !== 'lease-held') wrong.push(`a second driver is told ${code}`);
    };
    let stolen: Promise<void> | null = null;
    first.on('event', (event) => {
      seen += event.type === type ? 1 : 0;
      if (stolen !== null || seen !== nth) return;
      clock.jump(JUMPS[jump]);
      stolen = steal();
    });
    const { status, project } = await clock.run(first.run(id));
    isOver = true;
    const took = clock.monotonic();
    await clock.run(stolen ?? Promise.reject(new Error('the clock was not set')));
    if (status !== 'completed')
      wrong.push(`it rests as ${status} (${JSON.stringify(project.waiting ?? project.error)})`);
    if (took > LONGEST_MS) wrong.push(`it took ${took} ms`);
    if (world.sent() !== BILLS) wrong.push(`${world.sent()} requests were sent, ${BILLS} were wanted`);
    return [...wrong, ...wrongOrder(await world.log(id))];
  } finally {
    await world.close();
  }
}
