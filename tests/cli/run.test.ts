// The command line as a user runs it: real processes, real signals.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXITS, usage } from '../../examples/cli/help.ts';

const main = join(import.meta.dirname, '../../examples/cli/main.ts');

let dir = '';
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-cli-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Ended {
  readonly exit: number | null;
  readonly said: string;
  readonly warned: string;
}

function begin(...argv: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [main, ...argv, '--out', dir], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const ended = Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { child, ended: ended.then(([said, warned]) => ({ exit: child.exitCode, said, warned })) };
}

const run = (...argv: string[]): Promise<Ended> => begin(...argv).ended;
const valuesOf = ({ said }: Ended): Record<string, unknown>[] =>
  said.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));

/** Resolves when standard output has said something. */
function said(child: ChildProcess, what: string): Promise<void> {
  return new Promise((resolve) => {
    let all = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      all += chunk.toString();
      if (all.includes(what)) resolve();
    });
  });
}

const short = ['--duration', '4', '--seed', '7', '--speed', '100'];

describe('vidpipe on the command line', () => {
  it('makes a film, tells its events as JSON, lists it, and joins it again', async () => {
    const made = await run('generate', 'a fox', ...short, '--yes', '--json', '--label', 'user=u1');
    expect(made.exit).toBe(EXITS.done);
    const values = valuesOf(made);
    expect(values[0]).toMatchObject({ type: 'overview', prompt: 'a fox', seconds: 4, scenes: [4] });
    const result = values.at(-1);
    expect(result).toMatchObject({ type: 'result', status: 'completed' });
    expect(Math.abs(Number(result?.['seconds']) - 4)).toBeLessThanOrEqual(1 / 24);
    for (const name of ['film', 'poster', 'contactSheet']) expect(existsSync(String(result?.[name]))).toBe(true);
    expect(made.said).not.toContain('"handle"');

    const id = String(result?.['id']);
    expect(valuesOf(await run('list', '--json', '--label', 'user=u1'))).toMatchObject([{ projectId: id }]);
    expect(valuesOf(await run('list', '--json', '--label', 'user=u2'))).toEqual([]);
    expect((await run('show', id)).said).toMatch(/completed +scene 1 clip/);
    const before = readFileSync(join(dir, 'film.mp4'));
    const again = await run('stitch', id, '--transition', 'fade:0.5');
    expect(again).toMatchObject({ exit: EXITS.done, warned: '' });
    expect(again.said).not.toContain('asking');
    expect(readFileSync(join(dir, 'film.mp4')).equals(before)).toBe(true);
    const folder = join(dir, 'exported');
    expect((await run('export', id, folder)).said).toMatch(/exported: \d+ events, 5 files/);
    expect((await run('export', id, folder)).warned).toContain('something is there already');
    const [copy] = valuesOf(await run('import', folder, '--account', 'ada', '--json'));
    expect(copy).toMatchObject({ type: 'overview', settings: { account: 'ada' }, plan: { calls: 0 } });
    const [fork] = valuesOf(await run('fork', String(copy?.['id']), '--edit', '1.motionPrompt=it sleeps', '--json'));
    expect(fork).toMatchObject({ type: 'overview', plan: { calls: 1 } });
  });

  it('waits at gates, and goes on when they are approved', async () => {
    const gates = ['--gate', 'plan', '--gate', 'keyframes'];
    const first = await run('generate', 'a fox', ...short, ...gates, '--yes');
    expect(first.exit).toBe(EXITS.waiting);
    expect(first.said).toMatch(/cost +about \$0\.\d+ for 4 calls, at most \$\d/);
    const [, id = ''] = /go on with: .* approve (\S+)/.exec(first.said) ?? [];
    expect((await run('resume', id, '--speed', '100')).said).toContain('waiting for your approval of the plan');
    expect(existsSync(join(dir, 'simulated'))).toBe(false);
    expect((await run('approve', id, '--yes')).exit).toBe(EXITS.done);
    expect((await run('approve', id, '--yes')).warned).toContain('waits at no gate');
    expect((await run('resume', id, '--speed', '100')).said).toContain('waiting for your approval of the keyframes');
    await run('approve', id, '--yes');
    expect((await run('resume', id, '--speed', '100')).exit).toBe(EXITS.done);
  });

  it('sends nothing when nobody can be asked, and says how to go on', async () => {
    const { exit, said: told } = await run('generate', 'a fox', ...short);
    expect(exit).toBe(EXITS.waiting);
    expect(told).toMatch(/nothing was sent; make it with: .* resume /);
    expect(existsSync(join(dir, 'simulated'))).toBe(false);
  });

  it('closes at a signal, is refused while another process drives, and goes on', async () => {
    const first = begin('generate', 'a fox', '--duration', '4', '--seed', '7', '--speed', '1', '--yes');
    await said(first.child, 'clip: asking');
    const [listed] = valuesOf(await run('list', '--json'));
    const project = String(listed?.['projectId']);
    const second = await run('resume', project);
    expect(second.exit).toBe(EXITS.driven);
    expect(second.warned).toContain('another process drives the project');

    first.child.kill('SIGINT');
    const stopped = await first.ended;
    expect(stopped.exit).toBe(EXITS.stopped);
    expect(stopped.said).toMatch(new RegExp(`interrupted, .* go on with: .* resume ${project}`));
    const drained = await run('stop', project, '--drain', '--speed', '100');
    expect(drained.said).toContain(`${project} is stopped; operations that were running: 0`);
    const done = await run('resume', project, '--speed', '100');
    expect(done.exit).toBe(EXITS.done);
    expect(existsSync(join(dir, 'film.mp4'))).toBe(true);
  });

  it.each([
    [['generate', 'a fox', '--duration', '-5=']],
    [['generate', 'a fox', '--duration=-5', '--yes']],
    [['generate', 'a fox', '--video-model', 'simulated:filn-1', '--yes']],
    [['resume', 'nonsense']],
  ])('refuses %j before anything is sent', async (argv) => {
    const { exit, warned } = await run(...argv);
    expect(exit).toBe(EXITS.usage);
    expect(warned).toMatch(/^vidpipe: .+\n$/);
    expect(existsSync(join(dir, 'simulated'))).toBe(false);
  });

  it('is documented as it is', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
    expect(page).toContain(`\`\`\`text\n${usage()}\n\`\`\``);
  });
});
