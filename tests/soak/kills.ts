import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from '../faults/outcome.ts';
import { type Keys, KillWorld } from './world.ts';

/** Phases that a driver is killed in, and the event after which it happens. */
const PHASES = {
  storyboard: ['call.intended', 1],
  frames: ['call.intended', 3],
  'clips running': ['call.submitted', 1],
  'accepted, not recorded': ['billing', 1],
  stitch: ['call.settled', 'last'],
} as const;

/** Name of a phase. */
type Phase = keyof typeof PHASES;

/** All phases, in the order of a film. */
const phases = Object.keys(PHASES) as readonly Phase[];

/** Settled calls of the film that `KillWorld.create` asks for: words, three stills, two clips. */
const CALLS = 6;

const kill = (child: ChildProcess): void => void child.kill('SIGKILL');

async function killIn(world: KillWorld, id: string, phase: Phase, delayMs: number): Promise<boolean> {
  const [type, wanted] = PHASES[phase];
  const nth = wanted === 'last' ? CALLS : wanted;
  const before = world.bills();
  let seen = 0;
  let killed = false;
  let timer: NodeJS.Timeout | undefined;
  const end = await world.drive(id, (child, line) => {
    if (type === 'billing') {
      timer ??= setInterval(() => {
        if (world.bills() <= before) return;
        killed = true;
        kill(child);
      }, 3);
      return;
    }
    seen += line === type ? 1 : 0;
    if (seen !== nth || killed) return;
    killed = true;
    setTimeout(() => kill(child), delayMs);
  });
  clearInterval(timer);
  return killed && !end.startsWith('rest');
}

/** One kill. */
export interface KillCase {
  readonly phase: Phase;
  readonly keys: Keys;
  readonly seed: number;
}

const kinds: readonly Keys[] = ['keys', 'look-up', 'neither'];

/** So many kills, spread over the phases and the ways that models can be asked again. */
export function killCases(count: number): readonly KillCase[] {
  return Array.from({ length: count }, (_, seed) => ({
    phase: phases[seed % phases.length] ?? 'storyboard',
    keys: kinds[Math.floor(seed / phases.length) % kinds.length] ?? 'keys',
    seed,
  }));
}

/** Kills a driver once in a phase, resumes in another process, and checks the film, the money and the files. */
export async function killCase({ phase, keys, seed }: KillCase): Promise<Outcome> {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-soak-'));
  const world = new KillWorld(dir, keys);
  try {
    const id = await world.create(seed);
    const killed = await killIn(world, id, phase, (seed * 13) % 60);
    const end = await world.drive(id, () => undefined);
    const project = await world.read(id);
    const { charged, held, unknown } = project.money;
    const billed = world.billed();
    const violations: string[] = [];
    const finished = end === 'rest completed';
    if (!finished && !(keys === 'neither' && end === 'rest waiting')) violations.push(`it ended with "${end}"`);
    if (keys !== 'neither' && (charged !== billed || held + unknown !== 0))
      violations.push(`charged ${charged}, held ${held}, unknown ${unknown}, billed ${billed}`);
    if (charged > billed || billed > charged + unknown)
      violations.push(`not charged ${charged} <= billed ${billed} <= charged + unknown ${charged + unknown}`);
    if (finished && keys !== 'neither')
      violations.push(...world.leftovers(project).map((file) => `left over: ${file}`));
    const row = `${phase} (${keys})${killed ? '' : ' over before the kill'}`;
    return { row, happened: killed, violations };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
