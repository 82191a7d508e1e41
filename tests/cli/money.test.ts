import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pipeline, type Project, usd } from 'vidpipe';
import type { CommandName } from '../../examples/cli/flags.ts';
import { EXITS, type ExitCode } from '../../examples/cli/help.ts';
import { MONEY } from '../../examples/cli/money.ts';
import { readCommandLine } from '../../examples/cli/options.ts';
import { Output } from '../../examples/cli/output.ts';
import { placesOf } from '../../examples/cli/setup.ts';
import { TestWorld } from '../support/runs.ts';

const [json, people] = [new Output(true), new Output(false)];
let dir = '';
let world: TestWorld;
let pipeline: Pipeline;
let project: Project;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-cli-'));
  world = new TestWorld();
  pipeline = world.pipeline();
  project = (await world.film(pipeline, 1, { account: 'ada', budget: usd('5') })).project;
});
afterEach(async () => {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

/** What a command says. */
async function run(...argv: string[]): Promise<{ readonly exit: ExitCode; readonly said: string }> {
  const line = readCommandLine(argv);
  const name = line.command as CommandName & keyof typeof MONEY;
  let said = '';
  const output = line.flags.json === true ? json : people;
  output.write = (text) => void (said += text);
  const exit = await MONEY[name]({ pipeline, output, places: placesOf(name, line.flags) }, line);
  return { exit, said };
}

/** A bill of the film with other amounts. */
function bill(change: (micro: number) => number = (micro) => micro): Promise<string> {
  return pipeline.ledger(project.id).then(({ entries }) => {
    const path = join(dir, 'bill.csv');
    const lines = entries.map(({ callId, charged }) => `${callId},${change(charged)}`);
    writeFileSync(path, ['call,micro_usd', ...lines].join('\n'));
    return path;
  });
}

describe('ledger', () => {
  it('is a line for each call with its step, and the sums', async () => {
    const { exit, said } = await run('ledger', project.id);
    expect(exit).toBe(EXITS.done);
    expect(said).toMatch(/^charged +\$0\.02 of +\$0\.02 {2}scene 1 start frame +mock:still /m);
    expect(said).toMatch(/^charged +\$0\.20 of +\$0\.20 {2}scene 1 clip +mock:clip /m);
    expect(said).toMatch(/^in all: \$0\.00 held, \$0\.24 charged, .*superseded$/m);
  });

  it('is CSV or JSON for programs, never both', async () => {
    const csv = (await run('ledger', project.id, '--csv')).said.trim().split('\r\n');
    expect(csv[0]).toMatch(/^call,step,scene,model,/);
    expect(csv).toHaveLength(4);
    const { totals } = JSON.parse((await run('ledger', project.id, '--json')).said) as { totals: object };
    expect(totals).toMatchObject({ charged: 240_000 });
    await expect(run('ledger', project.id, '--csv', '--json')).rejects.toThrow('--csv: not with --json');
  });
});

describe('verify', () => {
  it('says that it adds up, with a bill or without', async () => {
    const alone = await run('verify', project.id);
    expect([alone.exit, alone.said]).toEqual([
      EXITS.done,
      'it adds up: 3 calls, $0.24 charged, no bill was given (--bill)\n',
    ]);
    expect((await run('verify', project.id, '--bill', await bill())).said).toMatch(/^it adds up: .* \$0\.24 billed$/m);
  });

  it('names what does not, and fails', async () => {
    const { exit, said } = await run('verify', project.id, '--bill', await bill((micro) => micro + 10_000));
    expect(exit).toBe(EXITS.failed);
    expect(said).toMatch(/^billed-otherwise +\S+: \$0\.20 in the ledger, \$0\.21 beside it$/m);
    expect(said).toContain('3 do not add up');
    await expect(run('verify', project.id, '--bill', join(dir, 'none.csv'))).rejects.toThrow('--bill: ');
  });
});

describe('metrics and limits', () => {
  it('tell of projects, money, days and models', async () => {
    const { said } = await run('metrics');
    expect(said).toMatch(/^projects: 1, \$0\.24 charged, \$0\.00 unknown$/m);
    expect(said).toMatch(/^Status +completed: 1$/m);
    expect(said).toMatch(/ mock:clip: \$0\.20, 1 calls succeeded, 0 blocked, 0 failed$/m);
    expect(said).toMatch(/^mock:clip takes \d+\.\d s, one in ten over /m);
    expect((await run('metrics', '--account', 'bob')).said).toMatch(/^projects: 0/);
    expect((await run('metrics', '--from', '2100-01-01', '--json')).said).toContain('"projects":0');
    await expect(run('metrics', '--to', 'soon')).rejects.toThrow('--to: expected a day');
  });

  it('tell what the models take at once', async () => {
    const { exit, said } = await run('limits');
    expect(exit).toBe(EXITS.done);
    expect(said).toMatch(/^mock:clip +0 of 1000 at once, 0 wait, closed$/m);
    expect(said).toMatch(/^projects: 0 of 100 run at once, 0 wait for their turn$/m);
    expect(JSON.parse((await run('limits', '--json')).said)).toEqual(await pipeline.limits());
  });
});
