import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ArchiveManifest, type Pipeline, type Project, type RunResult, usd, verifyArchive } from 'vidpipe';
import { mockVideoModel, paper, SimulatedProcess } from 'vidpipe/testing';
import { TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

let home = '';
let world: TestWorld;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vidpipe-archive-'));
  world = new TestWorld();
});
afterEach(async () => {
  await world.close();
  rmSync(home, { recursive: true, force: true });
});

function run(pipeline: Pipeline, id: string): Promise<RunResult> {
  return world.clock.run(pipeline.run(id));
}

/** Scenes with what is made of them, whoever made it. */
function pictures(project: Project | null): object[] {
  return (project?.scenes ?? []).map((scene) => ({
    ...scene,
    takes: scene.takes.map(({ source: _source, ...take }) => take),
  }));
}

/** A reference picture of paper. */
const picture = paper({ kind: 'image', width: 64, height: 64, note: 'ref' });
const references = [{ name: 'Ada', kind: 'character', image: picture }] as const;

describe('an archive', () => {
  it('brings a film to other stores, where nothing is bought again', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 2, { references, budget: usd('5'), labels: { a: 'b' } });
    const folder = join(home, 'film');
    const manifest = await pipeline.export(project.id, folder);
    expect(await verifyArchive(folder)).toEqual(manifest);
    expect(readdirSync(folder).toSorted()).toEqual(['assets', 'events.jsonl', 'manifest.json']);
    expect(manifest).toMatchObject({ projectId: project.id, seq: project.seq, missing: [], prompt: 'p' });
    const other = new TestWorld();
    const elsewhere = other.pipeline();
    const copy = await elsewhere.import(folder);
    expect(copy).toMatchObject({ status: 'pending', parent: { projectId: project.id }, settings: project.settings });
    expect(copy.id).not.toBe(project.id);
    expect(await other.events.pool(`project/${copy.id}`)).toMatchObject({ cap: 5_000_000, charged: 0 });
    const done = await other.clock.run(elsewhere.run(copy.id));
    expect(done).toMatchObject({ status: 'completed', project: { money: { charged: 0 }, scenes: pictures(project) } });
    const theirs = await Array.fromAsync((await done.project.film?.stream()) ?? []);
    const ours = await Array.fromAsync((await project.film?.stream()) ?? []);
    expect(Buffer.concat(theirs).equals(Buffer.concat(ours))).toBe(true);
    await other.close();
  });

  it('says of every take how it came to be', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline);
    const made = await pipeline.export(project.id, join(home, 'made'));
    const fork = await pipeline.fork(project.id);
    const inherited = await pipeline.export(fork.id, join(home, 'inherited'));
    const clip = made.artifacts.find(({ stepId }) => stepId.startsWith('clip:'));
    expect(clip).toMatchObject({
      sceneId: project.scenes[0]?.id,
      digest: project.scenes[0]?.clip?.digest,
      provenance: {
        source: 'generated',
        projectId: project.id,
        model: 'mock:clip',
        charged: 200_000,
        seed: expect.any(Number) as number,
        request: { prompt: expect.stringContaining('motion 1') as string },
        handle: { seconds: 4 },
      },
    });
    const film = made.artifacts.find(({ stepId }) => stepId === 'film');
    expect(film?.provenance).toMatchObject({ source: 'generated', callId: null, model: null, charged: null });
    const { source: _, handle: __, ...origin } = clip?.provenance ?? {};
    expect(inherited.artifacts.find(({ stepId }) => stepId === clip?.stepId)?.provenance).toEqual({
      source: 'inherited',
      handle: null,
      ...origin,
    });
  });

  it('has no secret that a handle may hold', async () => {
    const bytes = paper({ kind: 'video', width: 1280, height: 720, seconds: 4 });
    const url = 'https://store.example/clip.mp4?X-Signature=topsecret';
    const video = mockVideoModel({
      start: () =>
        Promise.resolve({
          handle: { name: 'job 1', url, nested: [{ accessToken: 'topsecret' }], at: 'Bearer topsecret' },
        }),
      check: () => Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: { seconds: 4 } }),
    });
    const pipeline = world.pipeline({ video });
    const { project } = await world.film(pipeline);
    const folder = join(home, 'film');
    const { artifacts } = await pipeline.export(project.id, folder);
    const text =
      readFileSync(join(folder, 'events.jsonl'), 'utf8') + readFileSync(join(folder, 'manifest.json'), 'utf8');
    expect(text).not.toContain('topsecret');
    const handle = {
      name: 'job 1',
      url: 'https://store.example/clip.mp4?…',
      nested: [{ accessToken: '…' }],
      at: 'Bearer …',
    };
    expect(artifacts.find(({ provenance }) => provenance.handle !== null)?.provenance.handle).toEqual(handle);
    expect(await verifyArchive(folder)).toBeTruthy();
  });

  it('of a project with an open call has that as history only', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const exported: Promise<ArchiveManifest>[] = [];
    pipeline.on('call.submitted', ({ projectId }) => {
      if (projectId === id) exported.push(pipeline.export(id, join(home, 'running')));
    });
    expect((await run(pipeline, id)).status).toBe('completed');
    await Promise.all(exported);
    const copy = await pipeline.import(join(home, 'running'));
    expect(await run(pipeline, copy.id)).toMatchObject({
      status: 'completed',
      project: { money: { charged: 200_000 } },
    });
  });

  it('names the bytes that were lost before, and its copy makes them anew', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline);
    const digest = project.scenes[0]?.clip?.digest ?? 'sha256-';
    await world.assets.delete(digest, { untouchedSince: '2100-01-01T00:00:00.000Z' });
    const folder = join(home, 'film');
    expect((await pipeline.export(project.id, folder)).missing).toEqual([digest]);
    const copy = await pipeline.import(folder);
    expect(copy.warnings.at(-1)).toMatchObject({ code: 'missing' });
    expect(await run(pipeline, copy.id)).toMatchObject({
      status: 'completed',
      project: { money: { charged: 200_000 } },
    });
  });

  it('is drawn on the account that is named at the import', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1, { account: 'theirs' }));
    await pipeline.export(id, join(home, 'film'));
    expect((await pipeline.import(join(home, 'film'))).settings.account).toBe('theirs');
    expect((await pipeline.import(join(home, 'film'), { account: 'ours' })).settings.account).toBe('ours');
    expect((await pipeline.import(join(home, 'film'), { account: null })).settings.account).toBeNull();
  });

  it('is imported whole or not at all, wherever the process ends', async () => {
    const { project } = await world.film(world.pipeline());
    const folder = join(home, 'film');
    await world.pipeline().export(project.id, folder);
    const importUntil = async (nth: number): Promise<{ readonly probes: string[]; readonly into: TestWorld }> => {
      const into = new TestWorld();
      const probes: string[] = [];
      const process = new SimulatedProcess('p', into.clock, (name) => probes.push(name) === nth);
      const stores = { events: process.events(into.events), assets: process.assets(into.assets) };
      await Promise.race([into.pipeline({}, stores).import(folder), process.stopped]);
      return { probes, into };
    };
    const { probes } = await importUntil(0);
    expect(probes.filter((name) => name === 'put')).toHaveLength(4);
    for (let nth = 1; nth <= probes.length; nth += 1) {
      const { into } = await importUntil(nth);
      const { items } = await into.pipeline().list();
      expect(items).toHaveLength(nth > probes.indexOf('append') + 1 ? 1 : 0);
      for (const { projectId } of items)
        expect(await into.clock.run(into.pipeline().run(projectId))).toMatchObject({ status: 'completed' });
    }
  });

  it('is whole or is not there', async () => {
    const { project } = await world.film(world.pipeline());
    mkdirSync(join(home, 'taken'));
    await expect(world.pipeline().export(project.id, join(home, 'taken'))).rejects.toMatchObject({
      code: 'invalid-archive',
    });
    await expect(world.pipeline().export('nobody', join(home, 'film'))).rejects.toMatchObject({
      code: 'project-not-found',
    });
    let left = 2;
    const get: typeof world.assets.get = (...args) =>
      (left -= 1) < 0 ? Promise.reject(new Error('down')) : world.assets.get(...args);
    const failing = world.pipeline({}, { assets: withMembers(world.assets, { get }) });
    await expect(failing.export(project.id, join(home, 'film'))).rejects.toThrow('down');
    const changed = withMembers(world.assets, { get: () => Promise.resolve(new Blob(['other']).stream()) });
    const lying = world.pipeline({}, { assets: changed });
    await expect(lying.export(project.id, join(home, 'film'))).rejects.toMatchObject({ code: 'asset-corrupt' });
    expect(readdirSync(home)).toEqual(['taken']);
  });
});

type Line = { seq: number; type: string; projectId: string; format: number; body: Record<string, never> };
interface Made {
  readonly body: { readonly made: { readonly asset: { digest: string } }[] };
}
type Loose = Record<string, never> & {
  assets: { digest: string; size: number; mediaType: string }[];
  missing: string[];
};

function sha256(bytes: Uint8Array): string {
  return `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
}

/** An archive that somebody changes who knows how it is made. */
class Tampered {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  asset(mediaType: string): string {
    const { assets } = JSON.parse(readFileSync(this.path('manifest.json'), 'utf8')) as ArchiveManifest;
    return assets.find((asset) => asset.mediaType === mediaType)?.digest ?? '';
  }

  manifest(edit: (manifest: Loose) => void): void {
    const manifest = JSON.parse(readFileSync(this.path('manifest.json'), 'utf8')) as Loose;
    edit(manifest);
    writeFileSync(this.path('manifest.json'), JSON.stringify(manifest));
  }

  /** The log and the hash of it. */
  log(edit: (text: string) => string | Uint8Array): void {
    const bytes = Buffer.from(edit(readFileSync(this.path('events.jsonl'), 'utf8')));
    writeFileSync(this.path('events.jsonl'), bytes);
    this.manifest((manifest) => Object.assign(manifest, { events: { digest: sha256(bytes), size: bytes.byteLength } }));
  }

  events(edit: (events: Line[]) => void): void {
    this.log((text) => {
      const events = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
      edit(events);
      return `${events.map((event) => JSON.stringify(event)).join('\n')}\n`;
    });
  }

  created(edit: (body: { settings: object; film: object; supplied: { scenes: { id: string }[] } }) => void): void {
    this.events(([first]) => edit(first?.body as never));
  }

  /** Other bytes for an asset, as consistently as can be. */
  replace(digest: string, bytes: Uint8Array): void {
    const other = sha256(bytes);
    rmSync(this.path(`assets/${digest}`));
    writeFileSync(this.path(`assets/${other}`), bytes);
    const size = `"size":${bytes.byteLength}`;
    this.log((text) =>
      text
        .replaceAll(new RegExp(`("digest":")${digest}(","size":)\\d+`, 'g'), `$1${other}",${size}`)
        .replaceAll(digest, other),
    );
    const text = readFileSync(this.path('manifest.json'), 'utf8').replaceAll(digest, other);
    writeFileSync(this.path('manifest.json'), text);
    this.manifest(({ assets }) => {
      for (const asset of assets) if (asset.digest === other) asset.size = bytes.byteLength;
    });
  }
}

/** Ways to tamper with an archive, and what is said of each. */
const WAYS: Readonly<Record<string, readonly [(tampered: Tampered) => void, string]>> = {
  'it is gone': [({ folder }) => rmSync(folder, { recursive: true }), 'no such file'],
  'it is a file': [({ folder }) => (rmSync(folder, { recursive: true }), writeFileSync(folder, 'x')), 'not a folder'],
  'it is a link': [
    ({ folder }) => (renameSync(folder, `${folder}-2`), symlinkSync(`${folder}-2`, folder)),
    'it is not a folder',
  ],
  'the manifest is gone': [(t) => rmSync(t.path('manifest.json')), 'lacks manifest.json'],
  'the manifest is no JSON': [(t) => writeFileSync(t.path('manifest.json'), '{'), 'JSON'],
  'the manifest is a link': [
    (t) => (rmSync(t.path('manifest.json')), symlinkSync('/etc/hostname', t.path('manifest.json'))),
    'manifest.json is not a file',
  ],
  'the manifest has a field more': [(t) => t.manifest((m) => Object.assign(m, { extra: 1 })), 'extra'],
  'the manifest has an array in arrays without end': [
    (t) =>
      writeFileSync(
        t.path('manifest.json'),
        `{"archive":"vidpipe","format":1,"assets":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
      ),
    '',
  ],
  'the manifest names a path': [
    (t) => t.manifest(({ assets: [asset] }) => Object.assign(asset ?? {}, { digest: '../../../etc/passwd' })),
    'expected sha256-',
  ],
  'the manifest lists bytes twice': [(t) => t.manifest(({ assets }) => assets.push({ ...assets[0]! })), 'twice'],
  'the manifest leaves bytes out': [
    (t) => t.manifest(({ assets }) => rmSync(t.path(`assets/${assets.shift()?.digest}`))),
    'which it does not hold',
  ],
  'the manifest says that bytes are missing which are there': [
    (t) => t.manifest(({ assets, missing }) => missing.push(assets.shift()?.digest ?? '')),
    'does not belong to it',
  ],
  'the manifest has bytes that nobody names': [
    (t) => {
      const bytes = Buffer.from('{}');
      writeFileSync(t.path(`assets/${sha256(bytes)}`), bytes);
      t.manifest(({ assets }) => assets.push({ digest: sha256(bytes), size: 2, mediaType: 'application/json' }));
    },
    'its log does not name',
  ],
  'the manifest names another last event': [(t) => t.manifest((m) => Object.assign(m, { seq: 2 })), 'last one'],
  'the manifest names another project': [(t) => t.manifest((m) => Object.assign(m, { projectId: 'x' })), 'an event of'],
  'the manifest calls a clip a picture': [
    (t) => t.manifest(({ assets }) => assets.forEach((each) => (each.mediaType = 'image/png'))),
    'in its log, not',
  ],
  'a folder has a file more': [(t) => writeFileSync(t.path('run.sh'), ''), '"run.sh"'],
  'the assets have a file more': [(t) => writeFileSync(t.path('assets/x'), ''), '"x"'],
  'the assets are a link': [
    (t) => (renameSync(t.path('assets'), `${t.folder}-2`), symlinkSync(`${t.folder}-2`, t.path('assets'))),
    'its folder assets is not a folder',
  ],
  'an asset is gone': [(t) => rmSync(t.path(`assets/${t.asset('video/mp4')}`)), 'lacks sha256-'],
  'an asset is shorter': [(t) => truncateSync(t.path(`assets/${t.asset('video/mp4')}`), 3), 'has 3 bytes'],
  'an asset has other bytes': [
    (t) => {
      const path = t.path(`assets/${t.asset('video/mp4')}`);
      const bytes = readFileSync(path);
      bytes[10] = (bytes[10] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    },
    'were changed',
  ],
  'an asset is a link': [
    (t) => {
      const path = t.path(`assets/${t.asset('video/mp4')}`);
      renameSync(path, `${t.folder}.mp4`);
      symlinkSync(`${t.folder}.mp4`, path);
    },
    'is not a file',
  ],
  'an asset is a folder': [
    (t) => {
      const path = t.path(`assets/${t.asset('video/mp4')}`);
      rmSync(path);
      mkdirSync(path);
    },
    'is not a file',
  ],
  'an asset is a playlist': [(t) => t.replace(t.asset('video/mp4'), Buffer.from('#EXTM3U\nfile:///etc/passwd')), ''],
  'an asset is a picture and is said to be a clip': [
    (t) => t.replace(t.asset('video/mp4'), paper({ kind: 'image', width: 8, height: 8, note: 'x' })),
    'is image/png, not video/mp4',
  ],
  'the log has other bytes': [
    (t) => appendFileSync(t.path('events.jsonl'), '\n'),
    'not the one that the manifest names',
  ],
  'the log is cut': [(t) => t.log((text) => text.slice(0, -10)), 'middle of a line'],
  'the log is empty': [(t) => t.log(() => '\n'), 'JSON'],
  'the log is no UTF-8': [(t) => t.log((text) => Buffer.concat([Buffer.from([0xff]), Buffer.from(text)])), ''],
  'the log lacks an event': [(t) => t.events((events) => events.splice(3, 1)), 'event 5 follows 3'],
  'the log has an event twice': [(t) => t.events((events) => events.splice(3, 0, events[3]!)), 'follows'],
  'the log begins with another event': [
    (t) => t.events((events) => Object.assign(events[0]!, { type: 'run.started', format: 1 })),
    'not possible',
  ],
  'an event has a field more': [(t) => t.events(([first]) => Object.assign(first!, { extra: 1 })), 'extra'],
  'an event has no body': [(t) => t.events(([, second]) => Object.assign(second!, { body: null })), 'body'],
  'an event decides outside a run': [(t) => t.events((events) => (events[1]!.type = 'run.crashed')), 'not possible'],
  'an event reports on no call': [
    (t) =>
      t.events((events) => Object.assign(events.find(({ type }) => type === 'call.settled')!.body, { callId: 'x' })),
    'never intended',
  ],
  'an event has another size of bytes': [
    (t) =>
      t.events((events) => {
        const settled = events.find(({ type }) => type === 'call.settled') as unknown as Made;
        Object.assign(settled.body.made[0]!.asset, { size: 7 });
      }),
    'has 7 bytes in its log',
  ],
  'an event names a path': [
    (t) =>
      t.events((events) => {
        const settled = events.find(({ type }) => type === 'call.settled') as unknown as Made;
        settled.body.made[0]!.asset.digest = '../../x';
      }),
    'does not hold',
  ],
  'its budget is negative': [(t) => t.created(({ settings }) => Object.assign(settings, { budget: -1 })), 'budget'],
  'its settings have a field more': [
    (t) => t.created(({ settings }) => Object.assign(settings, { admin: true })),
    'admin',
  ],
  'its labels are of the kind that objects inherit': [
    (t) => t.log((text) => text.replace('"labels":{}', '"labels":{"__proto__":{"a":1}}')),
    '__proto__',
  ],
  'its film is as large as no film is': [(t) => t.created(({ film }) => Object.assign(film, { width: 1e9 })), 'width'],
  'two of its scenes have one id': [
    (t) => t.created(({ supplied: { scenes } }) => (scenes[1]!.id = scenes[0]!.id)),
    'ids that differ',
  ],
  'its words are half a character': [
    (t) => t.created(({ settings }) => Object.assign(settings, { style: '\ud800' })),
    'style',
  ],
};

describe('an archive that was tampered with', () => {
  const store = { home: '', project: null as Project | null };
  beforeAll(async () => {
    store.home = mkdtempSync(join(tmpdir(), 'vidpipe-tampered-'));
    const maker = new TestWorld();
    const pipeline = maker.pipeline();
    const { project } = await maker.film(pipeline, 2);
    await pipeline.export(project.id, join(store.home, 'film'));
    store.project = project;
    await maker.close();
  });
  afterAll(() => rmSync(store.home, { recursive: true, force: true }));

  function copyOf(): Tampered {
    const folder = join(home, 'film');
    cpSync(join(store.home, 'film'), folder, { recursive: true });
    return new Tampered(folder);
  }

  async function stored(): Promise<unknown[]> {
    return [...(await world.pipeline().list()).items, ...(await Array.fromAsync(world.assets.list()))];
  }

  it.each(Object.keys(WAYS))('is refused, and nothing is stored: %s', async (way) => {
    const [tamper, reason] = WAYS[way] ?? [() => undefined, ''];
    const tampered = copyOf();
    tamper(tampered);
    const { folder } = tampered;
    const error = {
      code: 'invalid-archive',
      message: expect.stringContaining(reason) as string,
      details: { path: folder },
    };
    await expect(world.pipeline().import(folder)).rejects.toMatchObject(error);
    expect(await stored()).toEqual([]);
  });

  it.each([
    ['archive', (t: Tampered) => t.manifest((m) => Object.assign(m, { format: 2 }))],
    ['event', (t: Tampered) => t.events(([first]) => Object.assign(first!, { format: 99 }))],
    ['kind of event', (t: Tampered) => t.events((events) => (events.at(-1)!.type = 'film.dreamt'))],
  ])('is told apart from one of a newer version: %s', async (_, tamper) => {
    const tampered = copyOf();
    tamper(tampered);
    await expect(world.pipeline().import(tampered.folder)).rejects.toMatchObject({ code: 'newer-format' });
    expect(await stored()).toEqual([]);
  });

  it('is imported as often as it is asked for when nobody has touched it', async () => {
    const { folder } = copyOf();
    chmodSync(folder, 0o500);
    const pipeline = world.pipeline();
    const [first, second] = [await pipeline.import(folder), await pipeline.import(folder)];
    expect(first.id).not.toBe(second.id);
    expect(first.scenes).toMatchObject(pictures(store.project));
    expect(existsSync(folder)).toBe(true);
  });
});
