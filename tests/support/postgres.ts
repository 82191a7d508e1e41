import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const VERSIONS = '/usr/lib/postgresql';

/** Where Debian keeps the programs of the newest server; `null` where there is none. */
const BIN = existsSync(VERSIONS)
  ? (readdirSync(VERSIONS)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(VERSIONS, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'postgres'))) ?? null)
  : null;

const BOUNCER = '/usr/sbin/pgbouncer';

/** Whether tests can start what they need. In CI they fail where they can not. */
export const hasPostgres = BIN !== null && existsSync(BOUNCER);

export const USER = 'films';
export const PASSWORD = 'canary-4f0c:/@%?#';

/** The server refuses root; whoever else runs the tests runs it too. */
const isRoot = process.getuid?.() === 0;
const idOf = (what: '-u' | '-g'): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));

function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `vidpipe-${name}-`));
  chmodSync(folder, 0o700);
  if (isRoot) chownSync(folder, idOf('-u'), idOf('-g'));
  return folder;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A program that ends with this process, as the user that may run it. */
function asServer(program: string, args: readonly string[]): [string, readonly string[]] {
  const user = isRoot ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  return ['setpriv', [...user, '--pdeathsig=KILL', program, ...args]];
}

/** Starts a program and waits for the line that says that it is ready. */
function started(program: string, args: readonly string[], ready: RegExp): Promise<ChildProcess> {
  const child = spawn(...asServer(program, args), { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (!ready.test(line)) return;
      // It is nothing that a virtual clock has to wait for.
      child.unref();
      resolve(child);
    });
    child.once('exit', () => reject(new Error(`${program} has ended: ${lines.join('\n')}`)));
  });
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.ref();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** A server of one's own in a folder that goes with it. */
export interface TestServer {
  readonly port: number;
  /** How `postgres` connects to it, as its superuser. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
  /** Ends it as a crash does. */
  crash(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a server on loopback. It syncs to disk only if it is told to: no machine crashes here. */
export async function startPostgres(fsync: 'on' | 'off' = 'off'): Promise<TestServer> {
  const bin = BIN ?? '';
  const folder = ownFolder('postgres');
  const secret = join(folder, 'secret');
  const data = join(folder, 'data');
  writeFileSync(secret, PASSWORD);
  if (isRoot) chownSync(secret, idOf('-u'), idOf('-g'));
  const init = [
    '-D',
    data,
    '-U',
    USER,
    '-A',
    'scram-sha-256',
    '--pwfile',
    secret,
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '-N',
  ];
  execFileSync(...(asServer(join(bin, 'initdb'), init) as [string, string[]]), { stdio: 'ignore' });
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync,
    max_connections: 100,
    shared_buffers: '64MB',
    autovacuum: 'off',
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const start = (): Promise<ChildProcess> => started(join(bin, 'postgres'), args, /ready to accept connections/);
  let child = await start();
  return {
    port,
    connection: { host: '127.0.0.1', port, database: 'postgres', user: USER, password: PASSWORD },
    crash: () => ended(child, 'SIGQUIT'),
    restart: async () => void (child = await start()),
    stop: async () => {
      await ended(child, 'SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts pgbouncer in transaction mode before a server. */
export async function startBouncer(server: TestServer): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const folder = ownFolder('pgbouncer');
  const port = await freePort();
  const users = join(folder, 'users.txt');
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(users, `"${USER}" "${PASSWORD}"\n`);
  writeFileSync(
    config,
    `[databases]
* = host=127.0.0.1 port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 5
`,
  );
  for (const file of isRoot ? [users, config] : []) chownSync(file, idOf('-u'), idOf('-g'));
  const child = await started(BOUNCER, [config], /process up/);
  return {
    port,
    stop: async () => {
      await ended(child, 'SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
