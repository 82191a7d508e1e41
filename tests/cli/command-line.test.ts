import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Changes,
  InvalidSettingsError,
  LeaseHeldError,
  type Project,
  ProjectNotFoundError,
  UnknownModelError,
  usd,
} from 'vidpipe';
import { faultOf } from '../../examples/cli/faults.ts';
import { changesOf } from '../../examples/cli/changes.ts';
import { EXITS, usage } from '../../examples/cli/help.ts';
import { FLAGS, readCommandLine, UsageError } from '../../examples/cli/options.ts';
import { jsonLine, oneLine, plain } from '../../examples/cli/output.ts';
import { resumeCommand } from '../../examples/cli/paste.ts';
import { settingsOf } from '../../examples/cli/settings.ts';
import { openPipeline, placesOf } from '../../examples/cli/setup.ts';

const flagsOf = (...argv: string[]) => readCommandLine(['generate', 'p', ...argv]).flags;
const settingsFrom = (...argv: string[]) => settingsOf('p', flagsOf(...argv));

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-cli-'));
  for (const name of ['OUT', 'EVENTS', 'ASSETS', 'PROVIDER', 'SPEED']) vi.stubEnv(`VIDPIPE_${name}`, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

describe('the command line is read', () => {
  it('with a prompt of several words', () => {
    expect(readCommandLine(['generate', 'a', 'fox', '--yes'])).toEqual({
      command: 'generate',
      words: ['a', 'fox'],
      flags: { yes: true },
    });
  });

  it.each([[[]], [['help']], [['resume', 'x', '--help']]])('as a call for help: %j', (argv) => {
    expect(readCommandLine(argv).command).toBe('help');
  });

  it.each([
    ['nonsense', 'there is no command "nonsense"'],
    ['generate', 'generate needs a prompt'],
    ['resume', 'resume takes ID, got ""'],
    ['resume a b', 'resume takes ID, got "a b"'],
    ['list a', 'list takes no words'],
    ['resolve a', 'resolve takes CALL ANSWER'],
    ['block a sha256-b', 'block takes ID DIGEST REASON'],
    ['list --seed 3', '--seed: not for list, only for generate, demo'],
    ['demo --provider x.ts', '--provider: not for demo'],
    ['generate p --colour', '--colour: there is no such flag'],
    ['generate p --yes=no', '--yes: it takes no value'],
    ['generate p --seed', '--seed: expected a value after it'],
    ['generate p --seed -1', '--seed: expected a value after it; one that begins with a dash is given as --seed=-1'],
  ])('and refused with a reason: %s', (typed, reason) => {
    expect(() => readCommandLine(typed.split(' '))).toThrow(reason);
    expect(() => readCommandLine(typed.split(' '))).toThrow(UsageError);
  });
});

describe('flags become settings', () => {
  it('of every kind', () => {
    const storyboard = join(dir, 'storyboard.json');
    writeFileSync(storyboard, '{"scenes":[]}');
    const argv = [
      '--style',
      'noir',
      '--ratio',
      '9:16',
      '--duration',
      '30',
      '--clip-duration',
      '8',
      '--no-audio',
      '--text-model',
      'a:b',
      '--image-model',
      'a:c',
      '--image-model',
      'd:e',
      '--video-model',
      'a:f',
      '--resolution',
      '1080p',
      '--gate',
      'plan',
      '--gate',
      'clips',
      '--option',
      'google.seed=2',
      '--option',
      'google.x=y',
      '--seed',
      '7',
      '--negative-prompt',
      'rain',
      '--reference',
      'Mia=mia.png',
      '--reference',
      'hut=a:b.png:place',
      '--transition',
      'fade:0.25',
      '--takes',
      '3',
      '--storyboard',
      storyboard,
      '--budget',
      '2.50',
      '--max-scenes',
      '9',
      '--max-calls',
      '99',
      '--account',
      'acme',
      '--label',
      'user=u=1',
      '--on-unknown',
      'fail',
      '--on-unknown',
      'video=resubmit',
    ];
    expect(settingsFrom(...argv)).toEqual({
      prompt: 'p',
      models: { text: ['a:b'], image: ['a:c', 'd:e'], video: ['a:f'] },
      style: 'noir',
      ratio: '9:16',
      duration: 30,
      takes: 3,
      clipDuration: 8,
      audio: false,
      seed: 7,
      negativePrompt: 'rain',
      references: [
        { name: 'Mia', image: 'mia.png', kind: 'character' },
        { name: 'hut', image: 'a:b.png', kind: 'place' },
      ],
      transition: { kind: 'fade', seconds: 0.25 },
      storyboard: { scenes: [] },
      budget: usd('2.50'),
      maxScenes: 9,
      maxCalls: 99,
      account: 'acme',
      resolution: '1080p',
      gates: ['plan', 'clips'],
      options: { google: { seed: 2, x: 'y' } },
      labels: { user: 'u=1' },
      onUnknown: { text: 'fail', image: 'fail', video: 'resubmit' },
    });
  });

  it('and nothing is set that was not asked for', () => {
    expect(settingsFrom()).toEqual({ prompt: 'p', models: {} });
  });

  it.each([
    ['--seed', 'x'],
    ['--duration', '1e3'],
    ['--budget', '2,50'],
    ['--label', 'user'],
    ['--reference', '=a.png'],
    ['--transition', 'fade:'],
    ['--transition', 'fade:9'],
    ['--transition', 'wipe'],
    ['--on-unknown', 'sound=ask'],
    ['--option', 'google=1'],
    ['--storyboard', '/nowhere/storyboard.json'],
  ])('or a fault that names the flag: %s %s', (flag, value) => {
    expect(() => settingsFrom(flag, value)).toThrow(flag);
    expect(() => settingsFrom(flag, value)).toThrow(UsageError);
  });
});

describe('places', () => {
  it('are those of the flags, then of the environment, then the defaults', () => {
    expect(placesOf('list', {})).toMatchObject({ out: 'out', events: join('out', 'vidpipe.db'), speed: 20 });
    vi.stubEnv('VIDPIPE_OUT', 'env');
    vi.stubEnv('VIDPIPE_PROVIDER', 'a.ts,b.ts');
    expect(placesOf('list', {})).toMatchObject({
      out: 'env',
      assets: join('env', 'assets'),
      providers: ['a.ts', 'b.ts'],
    });
    expect(placesOf('list', { out: 'flag', provider: ['c.ts'] })).toMatchObject({ out: 'flag', providers: ['c.ts'] });
    expect(placesOf('demo', {}).providers).toEqual(['simulated']);
    expect(() => placesOf('list', { speed: '0' })).toThrow('--speed');
  });

  it('are not made by a command that needs a project', async () => {
    const places = placesOf('status', { out: join(dir, 'none') });
    await expect(openPipeline('status', places)).rejects.toThrow('there are no projects');
    expect(existsSync(places.out)).toBe(false);
  });

  it('come back in the command that goes on', () => {
    expect(resumeCommand('x', placesOf('list', {}))).toMatch(/main\.ts resume x$/);
    const typed = resumeCommand('x', placesOf('list', { out: "it's here", speed: '3', provider: ['my.ts'] }));
    expect(typed).toMatch(/ resume x --out 'it'\\''s here' --speed 3 --provider my\.ts$/);
  });

  it.each([
    ['none.ts', 'there is no file "none.ts"'],
    [import.meta.filename.replace('command-line.test.ts', 'no-provider.mjs'), 'does not export a `provider`'],
  ])('of providers that are not there are a usage error: %s', async (file, reason) => {
    await expect(openPipeline('generate', placesOf('generate', { out: dir, provider: [file] }))).rejects.toThrow(
      reason,
    );
  });
});

describe('an error is said in one line', () => {
  const line = readCommandLine(['generate', 'p', '--video-model', 'simulated:filn']);

  it.each([
    [new UsageError('--seed: bad'), '--seed: bad', EXITS.usage],
    [
      new InvalidSettingsError({ issues: ['maxScenes: raise maxScenes', 'models.video.0: odd'] }),
      '--max-scenes: raise --max-scenes; --video-model: odd',
      EXITS.usage,
    ],
    [new UnknownModelError({ model: 'simulated:filn', nearest: 'simulated:film-1' }), '--video-model: ', EXITS.usage],
    [new ProjectNotFoundError({ projectId: 'x' }), 'no project has the id "x"', EXITS.usage],
    [new Error('two\nlines'), 'two lines', EXITS.failed],
    ['thrown text', 'thrown text', EXITS.failed],
  ])('%s', (error, said, exit) => {
    const fault = faultOf(error, line);
    expect(fault.message).toContain(said);
    expect(fault.exit).toBe(exit);
  });

  it('of a project that another process drives', () => {
    const error = new LeaseHeldError({ projectId: 'x', owner: 'host:1', expiresAt: '2026-01-01T00:00:00.000Z' });
    expect(faultOf(error, line)).toMatchObject({
      exit: EXITS.driven,
      message: expect.stringContaining('`stop x`') as string,
    });
  });
});

describe('what is shown', () => {
  it('carries no signature, no password and nothing that steers a terminal', () => {
    expect(plain('at https://u:p@h.example/a?X-Signature=1 \u001b[2J')).toBe('at https://h.example/a?…  [2J');
    expect(jsonLine({ url: 'https://h.example/a?token=1' })).toBe('{"url":"https://h.example/a?…"}');
    expect(oneLine('a\n b  c', 4)).toBe('a b…');
  });

  it('as help, names every flag and exit code', () => {
    for (const name of Object.keys(FLAGS)) expect(usage()).toContain(`--${name}`);
    for (const code of Object.values(EXITS)) expect(usage()).toMatch(new RegExp(`^ +${code} `, 'm'));
  });
});

describe('flags that change a film', () => {
  const project = { scenes: [{ id: 'sa' }, { id: 'sb' }] } as unknown as Project;
  const changes = (...argv: string[]): Changes => changesOf(project, readCommandLine(['revise', 'x', ...argv]).flags);

  it('name scenes by number or id, and parts, takes and files', () => {
    expect(changes('--edit', '2.motionPrompt=a=b', '--edit', 'sb.seconds=6', '--edit', '1.cast=["Ada"]')).toEqual({
      edit: { sb: { motionPrompt: 'a=b', seconds: 6 }, sa: { cast: ['Ada'] } },
    });
    expect(changes('--remove', '1', '--move', 'sa=2', '--move', '2=end')).toEqual({
      remove: ['sa'],
      move: { sa: { before: 'sb' }, sb: { before: null } },
    });
    expect(changes('--retake', '1:clip', '--retake', '1:end', '--keep', '2:clip')).toEqual({
      retake: { sa: ['clip', 'end'] },
      keep: { sb: ['clip'] },
    });
    expect(changes('--select', '1:clip-0a', '--supply', '2:clip=own:1.mp4', '--continuity', 'leave')).toEqual({
      select: { sa: ['clip-0a'] },
      supply: { sb: { clip: 'own:1.mp4' } },
      continuity: 'leave',
    });
    expect(changes('--add', '2', '--before', '1', '--direction', 'rain')).toEqual({
      add: { scenes: 2, before: 'sa', direction: 'rain' },
    });
    expect(changes('--rewrite', 'all')).toEqual({ rewrite: 'all' });
    expect(changes('--style', 'ink', '--video-model', 'a:b', '--apply', 'missing')).toEqual({
      settings: { style: 'ink', models: { video: ['a:b'] }, apply: 'missing' },
    });
    expect(changes()).toEqual({});
  });

  it.each([
    [['--edit', '3.seconds=4'], 'there is no scene 3'],
    [['--edit', 'motionPrompt'], '--edit: expected SCENE.FIELD=WORDS'],
    [['--edit', '1.seconds=long'], '--edit: expected a number'],
    [['--edit', '1.cast=Ada'], 'given as JSON'],
    [['--retake', '1'], '--retake: expected SCENE:PART'],
    [['--add', 'nowhere.json'], '--add: nowhere.json'],
    [['--before', '1'], 'go with --add'],
    [['--apply', 'all'], '--apply goes with'],
    [['--storyboard', 'x.json'], 'not for revise'],
  ])('%j are refused', (argv, message) => {
    expect(() => changes(...argv)).toThrow(message);
  });
});
