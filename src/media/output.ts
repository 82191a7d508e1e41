import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { Probe } from '../spec/index.ts';
import { probe, type Tools } from './probe.ts';
import { run } from './spawn.ts';

const QUIET = ['-nostdin', '-hide_banner', '-y', '-v', 'error', '-xerror'];

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Runs ffmpeg into a temporary name, checks the result, makes it durable and only then gives it its name. What was there before stays on any failure. */
export async function produce(
  tools: Tools,
  action: string,
  args: readonly string[],
  out: string,
  accept: (made: Probe) => void,
  signal?: AbortSignal,
): Promise<Probe> {
  const temp = join(dirname(out), `.${randomUUID()}${extname(out)}`);
  try {
    await run({
      program: tools.ffmpeg,
      args: [...QUIET, ...args, `file:${temp}`],
      action,
      signal,
      timeoutMs: tools.timeoutMs,
    });
    const made = await probe(tools, temp, signal);
    accept(made);
    await sync(temp);
    await rename(temp, out);
    await sync(dirname(out));
    return made;
  } finally {
    await rm(temp, { force: true });
  }
}
