import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from 'vitest';
import type { LoopbackGoogle, LoopbackOptions } from 'vidpipe/testing';

/** A loopback Google in a process of its own. */
export interface RemoteLoopback {
  readonly child: ChildProcess;
  readonly url: string;
  readonly vertex: ReturnType<LoopbackGoogle['vertex']>;
  readonly developer: ReturnType<LoopbackGoogle['developer']>;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts the process form; it ends with the test. */
export async function remoteLoopback(options: LoopbackOptions): Promise<RemoteLoopback> {
  const main = join(import.meta.dirname, 'loopback-child.ts');
  const child = spawn(process.execPath, [main, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as Omit<RemoteLoopback, 'child'>) };
}
