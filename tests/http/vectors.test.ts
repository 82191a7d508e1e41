import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Digest, Project } from 'vidpipe';
import { local, serve, type Served } from 'vidpipe/http';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { HttpWorld } from '../support/http.ts';

const CANARY = 'canary-5e1f9c7a';
const digestOf = (letter: string): Digest => `sha256-${letter.repeat(64)}`;
let folder: string;
let world: HttpWorld;
let served: Served;
let film: Project;

/** The bytes of a reply to a request line as it stands, which no client has mended. */
function raw(line: string): Promise<string> {
  const { port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
    socket.write(`GET ${line} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`);
  });
}

/** Where the store of files keeps a digest. */
const placeOf = (digest: Digest): string => {
  const hex = digest.slice('sha256-'.length);
  return join(folder, 'assets', hex.slice(0, 2), hex.slice(2));
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vidpipe-vectors-'));
  await writeFile(join(folder, 'secret'), CANARY);
  world = new HttpWorld({}, { assets: filesystem(join(folder, 'assets')) });
  film = await world.film();
  served = await serve(world.pipeline, { authorize: local() });
});
afterAll(async () => {
  await served.close();
  await world.pipeline.close();
  await rm(folder, { recursive: true });
});

// prettier-ignore
const names = [
  '../secret', '../../secret', '..%2fsecret', '%2e%2e%2fsecret', '%2e%2e/secret', '..%252fsecret', '..\\secret',
  '..%5csecret', '....//secret', '%c0%ae%c0%ae/secret', '%u002e%u002e/secret', '..;/secret', '%00', 'a%00.mp4',
  '/etc/passwd', '//etc/passwd', '%2fetc%2fpasswd', 'file:///etc/passwd', 'C:%5csecret', 'CON', 'a::$DATA', '.env',
  '%2eenv', '%20', '%e2%80%8b', '%ef%bc%8e%ef%bc%8e/secret', 'x'.repeat(5000), '*', '%', '%zz', 'sha256-',
  digestOf('A'), digestOf('g'), `${digestOf('a')}/`, `${digestOf('a')}%0a`, `${digestOf('a')}/../../secret`,
];

it('no name of an asset or a project leads to a file that is none of the project', async () => {
  const found: { name: string; status: string; leaked: boolean }[] = [];
  for (const name of names)
    for (const line of [`/projects/${film.id}/assets/${name}`, `/projects/${name}`, `/projects/${name}/film`, name]) {
      const reply = await raw(line.startsWith('/') ? line : `/${line}`);
      const status = /^HTTP\/1\.1 (\d+)/.exec(reply)?.[1] ?? 'none';
      const leaked = reply.includes(CANARY) || reply.includes('root:x:');
      found.push({ name, status, leaked });
    }
  const statuses = new Set(found.map(({ status }) => status));
  console.log(`file names: ${found.length} tried, ${found.filter(({ leaked }) => leaked).length} leaked`);
  expect(found.filter(({ leaked }) => leaked)).toEqual([]);
  expect([...statuses].filter((status) => !['400', '403', '404'].includes(status))).toEqual([]);
  expect(found.length).toBe(names.length * 4);
});

it('nothing that is planted in the store in place of the bytes is served', async () => {
  const place = placeOf(film.scenes[0]!.clip!.digest);
  const path = `/projects/${film.id}/assets/${film.scenes[0]!.clip!.digest}`;
  expect(await raw(path)).toMatch(/^HTTP\/1\.1 200/);
  const plants: Record<string, () => Promise<unknown>> = {
    'a symbolic link': () => symlink(join(folder, 'secret'), place),
    'a hard link': () => link(join(folder, 'secret'), place),
    'a folder': () => mkdir(place),
    'a link to a folder': () => symlink(folder, place),
    'a FIFO': () => Promise.resolve(void execFileSync('mkfifo', [place])),
    'a link to a device': () => symlink('/dev/zero', place),
  };
  let leaked = 0;
  for (const [what, plant] of Object.entries(plants)) {
    await rm(place, { recursive: true, force: true });
    await plant();
    const reply = await raw(path);
    if (reply.includes(CANARY)) leaked += 1;
    expect(reply, `in place of the bytes: ${what}`).toMatch(/^HTTP\/1\.1 (404|500|503)/);
    expect(reply, `in place of the bytes: ${what}`).not.toContain(folder);
  }
  console.log(`planted files: ${Object.keys(plants).length} tried, ${leaked} leaked`);
  expect(leaked).toBe(0);
});

it('a file that has become shorter ends the connection, and is never taken for whole', async () => {
  const { digest } = film.scenes[0]!.start!;
  const place = placeOf(digest);
  const bytes = await readFile(place);
  const url = `${served.url}/projects/${film.id}/assets/${digest}`;
  for (const [other, range] of [
    [bytes.subarray(0, -1), undefined],
    [bytes.subarray(0, -1), `bytes=2-${bytes.length - 1}`],
    [Buffer.alloc(0), undefined],
  ] as const) {
    await writeFile(place, other);
    const read = fetch(url, { headers: range === undefined ? {} : { range } }).then(async (reply) => {
      if (reply.ok) return reply.arrayBuffer();
      throw new Error(`terminated with ${reply.status}`);
    });
    await expect(read).rejects.toThrow('terminated');
  }
  await writeFile(place, bytes);
  expect((await fetch(url)).status).toBe(200);
});
