import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline, ProjectSettings, Reference, Storyboard } from 'vidpipe';
import { mockImageModel, mockVideoModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { storyboardOf } from '../support/world.ts';
import { billed, makePipeline } from './make.ts';

let dir: string;
let pipeline: Pipeline;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-settings-'));
  pipeline = makePipeline(dir);
});
afterEach(async () => {
  await pipeline.close();
  rmSync(dir, { recursive: true, force: true });
});

const within = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
const files = (folder: string): string[] => within(folder).filter((name) => /[0-9a-f]{20}/.test(name));

/** Refused with a typed error that names what is wrong; nothing was sent, and nothing is left of it. */
async function expectRefused(input: object, message: RegExp, code = 'invalid-settings'): Promise<void> {
  await expect(pipeline.create(input as ProjectSettings)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
  expect((await pipeline.list()).items).toEqual([]);
  expect(billed(dir)).toEqual([]);
  expect([files(join(dir, 'assets')), files(join(dir, 'work'))]).toEqual([[], []]);
}

const half = 'half \ud83d of a pair';

describe('a number that makes no film', () => {
  const numbers = [0, -1, -0.5, NaN, Infinity, -Infinity, 1e9, Number.MAX_VALUE, '12', null, 12n];
  it.each(['duration', 'clipDuration'].flatMap((field) => numbers.map((value) => [field, value] as const)))(
    '%s: %s',
    (field, value) => expectRefused({ prompt: 'p', [field]: value }, new RegExp(`- ${field}: .*expected`)),
  );
  it('a duration below a second', () => expectRefused({ prompt: 'p', duration: 0.001 }, /duration: .*>=1/));
  it('a film of more scenes than are allowed', () =>
    expectRefused({ prompt: 'p', duration: 3600 }, /maxScenes: .*shorten duration or raise maxScenes/));
  it.each([
    ['seed', 1.5],
    ['seed', 2 ** 32],
    ['budget', -1],
    ['budget', NaN],
    ['maxScenes', 0],
    ['maxCalls', Infinity],
  ])('%s: %s', (field, value) => expectRefused({ prompt: 'p', [field]: value }, new RegExp(`- ${field}: `)));
  it('all faults are told at once', () =>
    expectRefused({ prompt: '', duration: -1, ratio: '4:3' }, /- prompt: [^]*- ratio: [^]*- duration: /));
});

describe('a list of remedies that can not be used', () => {
  it.each([
    ['a remedy that is none', [{ kind: 'prayer' }], /safety.remedies.0/],
    ['a prefix without text', [{ kind: 'prefix', text: ' ' }], /safety.remedies.0.text/],
    ['a text of half a pair', [{ kind: 'prefix', text: half }], /lone surrogate/],
    ['a frame that is neither', [{ kind: 'frame', which: 'middle', prompt: 'p' }], /safety.remedies.0.which/],
    ['a field that nobody reads', [{ kind: 'seed', text: 'p' }], /safety.remedies.0: .*text/],
    ['too many', Array.from({ length: 21 }, () => ({ kind: 'seed' })), /safety.remedies: /],
  ])('%s', (_, remedies, message) => expectRefused({ prompt: 'p', safety: { remedies } }, message));
});

describe('a text that can not be used', () => {
  it.each([
    ['nothing', '', /prompt: expected a prompt/],
    ['blanks', ' \n\t ', /prompt: expected a prompt/],
    ['100,000 characters', 'x'.repeat(100_000), /prompt: .*20000/],
    ['half of a pair of code units', half, /prompt: .*lone surrogate/],
    ['a number', 7, /prompt: .*expected string/],
  ])('%s for a prompt', (_, prompt, message) => expectRefused({ prompt }, message));
  it.each([
    ['style', half],
    ['negativePrompt', half],
    ['account', half],
    ['labels', { film: half }],
    ['labels', { [half]: 'film' }],
    ['options', { simulated: { note: ['x', half] } }],
    ['references', [{ name: half, kind: 'object', image: 'a.png' }]],
    ['references', [{ name: 'a', kind: 'object', image: 'a.png', description: half }]],
  ])('half of a pair in %s', (field, value) =>
    expectRefused({ prompt: 'p', [field]: value }, new RegExp(`${field}.*: .*lone surrogate`)),
  );
  it('half of a pair in the key of a project', async () => {
    await expect(pipeline.create({ prompt: 'p' }, { idempotencyKey: half })).rejects.toThrow(/idempotencyKey.*lone/);
  });
  it('half of a pair in the direction of more scenes', async () => {
    const { id, seq } = await pipeline.create({ prompt: 'p' });
    await expect(pipeline.expand(id, 1, { direction: half })).rejects.toMatchObject({
      code: 'invalid-change',
      message: expect.stringMatching(/direction: .*lone surrogate/) as string,
    });
    expect((await pipeline.get(id)).seq).toBe(seq);
  });
  it('a whole pair, NUL, colours of a terminal and marks of direction are kept as they are', async () => {
    const prompt = 'a \u{1f40b}, \u0000, \u001b[31mred\u001b[0m, \u202eback\u202c';
    expect((await pipeline.create({ prompt })).settings.prompt).toBe(prompt);
  });
});

describe('a model that there is not, or not for that', () => {
  it.each<[object, RegExp, string]>([
    [{ video: 'simulated:flim-1' }, /"simulated:flim-1".*Did you mean simulated:film-1\?/, 'unknown-model'],
    [{ image: ['simulated:stil-1'] }, /Did you mean simulated:still-1\?/, 'unknown-model'],
    [{ text: `simulated:${'x'.repeat(100_000)}` }, /Did you mean simulated:/, 'unknown-model'],
    [{ video: 'simulated:still-1' }, /models\.video: simulated:still-1 is a model for image/, 'invalid-settings'],
    [{ text: 'simulated:film-1' }, /models\.text: simulated:film-1 is a model for video/, 'invalid-settings'],
    [{ image: 'still-1' }, /models\.image: expected provider:model/, 'invalid-settings'],
    [{ video: [] }, /models\.video: /, 'invalid-settings'],
    [{ sound: 'simulated:still-1' }, /models: .*sound/, 'invalid-settings'],
  ])('%.80j', (models, message, code) => expectRefused({ prompt: 'p', models }, message, code));
});

describe('a wish that the chosen model can not honour', () => {
  it('sound', () =>
    expectRefused({ prompt: 'p', models: { video: 'simulated:film-2' }, audio: true }, /audio: .*film-2 has no sound/));
  it('a fade that leaves nothing of the shortest scene', () =>
    expectRefused(
      { prompt: 'p', duration: 8, clipDuration: 4, transition: { kind: 'fade', seconds: 2 } },
      /transition: a fade of 2 s needs scenes of more than twice its length; the shortest has 4 s/,
    ));
  it('a fade of no length', () =>
    expectRefused(
      { prompt: 'p', transition: { kind: 'fade', seconds: 0 } },
      /transition: expected a fade of more than 0 seconds/,
    ));
  it('a length that no clips of its list make for so many scenes of your own', () =>
    expectRefused({ prompt: 'p', storyboard: storyboardOf(3), duration: 100 }, /duration: 3 scenes of .* 100 s/));
  it('a ratio, of video and of image, and more references than it takes', async () => {
    const world = new TestWorld();
    const models = {
      image: mockImageModel({ ratios: ['16:9'], references: 0 }),
      video: mockVideoModel({ ratios: ['16:9'] }),
    };
    const reference: Reference = { name: 'a', kind: 'object', image: 'a.png' };
    await expect(
      world.pipeline(models).create({ prompt: 'p', ratio: '9:16', references: [reference] }),
    ).rejects.toMatchObject({
      code: 'invalid-settings',
      details: {
        issues: [
          'ratio: mock:clip makes 16:9, not 9:16',
          'ratio: mock:still makes 16:9, not 9:16',
          'references: mock:still takes 0 pictures, got 1',
        ],
      },
    });
    expect([models.image.calls, models.video.calls]).toEqual([[], []]);
    await world.close();
  });
  it('a clip length or a total is made anyway, and told as adapted', async () => {
    const { warnings, settings } = await pipeline.create({ prompt: 'p', clipDuration: 7.2, duration: 13 });
    expect(warnings).toEqual([expect.objectContaining({ code: 'adapted' })]);
    expect(settings.duration).toBe(13);
  });
});

describe('labels', () => {
  it('may be named like members of every object, and are found by these names', async () => {
    const labels = { constructor: 'a', toString: 'b', 'x.y': 'c', $: 'd', 'ключ 🐋': 'e', '"': "'" };
    const { id } = await pipeline.create({ prompt: 'p', labels });
    await pipeline.create({ prompt: 'q' });
    for (const [key, value] of Object.entries(labels)) {
      const { items } = await pipeline.list({ labels: { [key]: value } });
      expect(items.map(({ projectId }) => projectId)).toEqual([id]);
    }
    expect((await pipeline.list({ labels: { hasOwnProperty: 'x' } })).items).toEqual([]);
  });
  it.each([
    ['__proto__, which no record keeps', JSON.parse('{"__proto__":"x"}') as object, /labels: .*__proto__/],
    ['no name', { '': 'x' }, /labels/],
    ['a name of 101 characters', { ['k'.repeat(101)]: 'x' }, /labels.*100/],
    ['a value of 501 characters', { k: 'x'.repeat(501) }, /labels\.k: .*500/],
    ['a value that is no text', { k: { $gt: '' } }, /labels\.k: /],
    ['21 of them', Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`k${at}`, ''])), /at most 20/],
  ])('are refused with %s', (_, labels, message) => expectRefused({ prompt: 'p', labels }, message));
});

describe('a storyboard of your own', () => {
  const one = storyboardOf(1);
  const scene = one.scenes[0] as Storyboard['scenes'][number];
  const board = (scenes: readonly unknown[], more: object = {}): object => ({ ...one, scenes, ...more });
  it.each<[string, object | string, RegExp]>([
    ['without a scene', board([]), /storyboard: expected at least one scene/],
    ['that is a text', JSON.stringify(one), /storyboard: .*expected object/],
    ['with a scene that lacks words', board([{ description: 'd' }]), /storyboard\.scenes\.0\.startPrompt: /],
    ['with blank words', board([{ ...scene, endPrompt: '  ' }]), /storyboard\.scenes\.0\.endPrompt: /],
    ['with 5 MB of words', board([{ ...scene, description: 'x'.repeat(5e6) }]), /scenes\.0\.description: .*8000/],
    ['with half of a pair', board([{ ...scene, motionPrompt: half }]), /scenes\.0\.motionPrompt: .*lone surrogate/],
    ['with half a name', board([scene], { characters: [{ ...one.characters[0], name: half }] }), /lone surrogate/],
    ['with half a style', board([scene], { styleGuide: { ...one.styleGuide, cameraStyle: half } }), /lone surrogate/],
    ['with 10,000 scenes', storyboardOf(10_000), /maxScenes: 10000 scenes are needed, 50 are allowed/],
    ['that enters oddly', board([{ ...scene, enters: 'wipe' }]), /storyboard\.scenes\.0\.enters: /],
  ])('%s', (_, storyboard, message) => expectRefused({ prompt: 'p', storyboard }, message));

  it('has no say in indices, seconds, ids or anything else that is not words', async () => {
    const smuggled = JSON.parse(
      JSON.stringify(scene).replace('{', '{"__proto__":{"seconds":1},"index":1,"id":"x","seconds":-5,"budget":0,'),
    ) as typeof scene;
    const { scenes, settings } = await pipeline.create({
      prompt: 'p',
      storyboard: { ...one, scenes: [smuggled, smuggled] },
    });
    expect(scenes.map(({ seconds }) => seconds)).toEqual([6, 6]);
    expect(new Set(scenes.map(({ id }) => id)).size).toBe(2);
    expect(scenes.some(({ id }) => id === 'x')).toBe(false);
    expect(settings.budget).toBe(null);
    expect(Object.keys(scenes[0] ?? {})).not.toContain('index');
  });
});

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A small file that declares a grey picture of that many pixels a side, and has them. */
function hugePng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((side / 8 + 1) * side));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

describe('a reference that is no picture', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>';
  const plants: [string, (path: string) => void, RegExp][] = [
    ['a text', (path) => writeFileSync(path, 'not a picture'), /neither PNG, JPEG, WebP/],
    ['nothing at all', () => undefined, /ENOENT/],
    ['an empty file', (path) => writeFileSync(path, ''), /no bytes/],
    ['a folder', (path) => mkdirSync(path), /is not a file/],
    ['a device', (path) => symlinkSync('/dev/zero', path), /is not a file/],
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), /is not a file/],
    ['a link to itself', (path) => symlinkSync(path, path), /ELOOP/],
    ['an SVG', (path) => writeFileSync(path, svg), /neither PNG, JPEG, WebP/],
    ['a playlist', (path) => writeFileSync(path, '#EXTM3U\nfile:///etc/passwd'), /neither PNG, JPEG, WebP/],
    ['16,384 pixels a side', (path) => writeFileSync(path, hugePng(16_384)), /16384x16384/],
    ['10,000 pixels a side', (path) => writeFileSync(path, hugePng(10_000)), /10000x10000 pixels; 8192 a side/],
    ['60 MB', (path) => writeFileSync(path, Buffer.alloc(60_000_000)), /60000000 bytes; 50000000 are allowed/],
    ['a PNG that breaks off', (path) => writeFileSync(path, hugePng(16).subarray(0, 20)), /chunk/],
  ];
  it.each(plants)('%s', async (_, plant, message) => {
    const good = join(dir, 'good.png');
    writeFileSync(good, hugePng(64));
    const path = join(dir, 'reference.png');
    plant(path);
    const references = [
      { name: 'Ada', kind: 'character', image: good },
      { name: 'Bell', kind: 'object', image: path },
    ];
    await expectRefused({ prompt: 'p', references }, new RegExp(`references: Bell .*(${message.source})`));
  });
  it('names all that can not be read', () =>
    expectRefused(
      {
        prompt: 'p',
        references: ['Ada', 'Bell'].map((name) => ({ name, kind: 'object', image: join(dir, name) })),
      },
      /references: Ada [^]*references: Bell /,
    ));
  it('is not blamed for a work folder that can not be made', async () => {
    writeFileSync(join(dir, 'file'), '');
    const other = makePipeline(join(dir, 'other'), {}, { workDir: join(dir, 'file', 'work') });
    const references: Reference[] = [
      { name: 'Ada', kind: 'character', image: hugePng(64) },
      { name: 'Bell', kind: 'object', image: join(dir, 'nowhere') },
    ];
    await expect(other.create({ prompt: 'p', references })).rejects.toMatchObject({
      code: 'asset-store',
      message: expect.stringMatching(/ENOTDIR.*work folder/) as string,
    });
    expect((await other.list()).items).toEqual([]);
    await other.close();
  });
  it('a picture in memory and a picture in a file are taken', async () => {
    const path = join(dir, 'good.png');
    writeFileSync(path, hugePng(64));
    const references: Reference[] = [
      { name: 'Ada', kind: 'character', image: path },
      { name: 'Bell', kind: 'object', image: hugePng(32) },
    ];
    const { settings } = await pipeline.create({ prompt: 'p', references });
    expect(settings.references.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ['Ada', 'image/png'],
      ['Bell', 'image/png'],
    ]);
    expect(files(join(dir, 'work'))).toEqual([]);
  });
});

describe('a transition that is chosen later', () => {
  it.each<[object, RegExp]>([
    [{ kind: 'fade', seconds: NaN }, /transition\.seconds: .*NaN/],
    [{ kind: 'fade', seconds: -1 }, /transition\.seconds: .*-1/],
    [{ kind: 'fade', seconds: 2 }, /transition: a fade of 2 s/],
    [{ kind: 'wipe', seconds: 1 }, /transition\.kind: /],
  ])('%j is refused, and nothing is changed', async (transition, message) => {
    const { id, seq } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4 });
    await expect(pipeline.revise(id, { settings: { transition } as never })).rejects.toMatchObject({
      code: 'invalid-change',
      message: expect.stringMatching(message) as string,
    });
    expect((await pipeline.get(id)).seq).toBe(seq);
  });
});
