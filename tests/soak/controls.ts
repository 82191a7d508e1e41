import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A text of the built library, and what takes its place. */
export type Patch = readonly [from: string, to: string];

/** Replacements in the built library that each make it naive in one way. Every text is there exactly once. */
export const CONTROLS = {
  'an intent that was written down is not looked for': [
    [
      'calls?.findLast(({ intended }) => state.open.has(intended.body.callId))',
      'calls?.findLast((call) => call.state !== "intended" && state.open.has(call.intended.body.callId))',
    ],
  ],
  'a request is sent however long ago it was intended, and whoever drives by now': [
    ['throw new NeverSent("the time to send it had passed", "never-sent");', ';'],
    ['throw new NeverSent("the run was ended before it was sent", "never-sent");', ';'],
  ],
  'a fact is given up when the log has grown': [
    [
      'const { seq, at } = await this.#context.events.append(batch);',
      'const { seq, at } = await this.#context.events.append({ ...batch, expectedSeq: this.state.seq });',
    ],
    [
      'if (error instanceof ProjectDeletedError) break;',
      'if (error instanceof ProjectDeletedError || error instanceof SeqConflictError) break;',
    ],
  ],
  'a reservation is not released': [
    ['poolsOf(state, callId).map((pool) => ({ kind: "release", pool, callId }))', '[]'],
  ],
  'nothing is reserved': [['holds: [...capsFor(context, state), ...holds]', 'holds: []']],
  'a handle is not written down': [
    [
      'return log.fact(callId, submitted, chargesAgain(log.state, callId));',
      'return void Object.assign(call, { state: "submitted", handle: found.handle });',
    ],
  ],
  'what is blocked is used': [
    ['if (blocking !== void 0) return { ...blocking, why: "blocked" };', 'if (blocking !== void 0) return null;'],
  ],
  'what is to be looked at is used before': [['bars.inspects ? UNINSPECTED : null', 'null']],
  'stored bytes never get their name': [['      await rename(temp, path);', '']],
} as const satisfies Record<string, readonly Patch[]>;

/** Name of a control. */
export type Control = keyof typeof CONTROLS;

function patch(dir: string, [from, to]: Patch): void {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const hits = files.filter((name) => readFileSync(join(dir, name), 'utf8').includes(from));
  const [file] = hits;
  const text = file === undefined ? '' : readFileSync(join(dir, file), 'utf8');
  if (file === undefined || hits.length > 1 || text.split(from).length !== 2)
    throw new Error(`the build does not hold this once: ${from}`);
  writeFileSync(
    join(dir, file),
    text.replace(from, () => to),
  );
}

/** Copies a build with its harness, patches it, and runs `child` there; answers the first violation that it prints, or `null`. */
export function foundBy(child: string, harness: readonly string[], patches: readonly Patch[]): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-control-'));
  try {
    for (const part of ['package.json', 'dist', ...harness, child])
      cpSync(join(ROOT, part), join(dir, part), { recursive: true, filter: (name) => !name.endsWith('.map') });
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
    for (const each of patches) patch(join(dir, 'dist'), each);
    const { status, stdout, stderr } = spawnSync(process.execPath, [child], {
      cwd: dir,
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (status !== 0) throw new Error(`the control did not run: ${stderr}`);
    return stdout.trim() === '' ? null : stdout.trim();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Plays the sweep against a patched copy of the build; answers the first violation that it finds, or `null`. `null` for a control: the build as it is. */
export function caught(control: Control | null): string | null {
  const patches = control === null ? [] : CONTROLS[control];
  return foundBy('tests/soak/control-child.ts', ['tests/support/simulation.ts'], patches);
}
