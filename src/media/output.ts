import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { capOf, type Tools } from './probe.ts';
import { run } from './spawn.ts';

/** A file to be made by ffmpeg. */
export interface Product {
  readonly action: string;
  /** Without the name of the output. */
  readonly args: readonly string[];
  readonly out: string;
  /** Seconds of media that are gone through; the time cap grows with them. @default 0 */
  readonly seconds?: number;
  readonly signal: AbortSignal | undefined;
}

const QUIET = ['-nostdin', '-hide_banner', '-y', '-v', 'error', '-xerror'];

/** Runs ffmpeg, quiet and strict, into a file of this name as it stands. */
export async function runTo(tools: Tools, { action, args, out, seconds = 0, signal }: Product): Promise<void> {
  const all = [...QUIET, ...args, `file:${out}`];
  await run({ program: tools.ffmpeg, args: all, action, signal, timeoutMs: capOf(tools, seconds) });
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Runs ffmpeg into a temporary name, has the result checked by `accept`, makes it durable and only then gives it its name. What was there before stays on any failure. */
export async function produce<T>(tools: Tools, product: Product, accept: (made: string) => Promise<T>): Promise<T> {
  const { out, signal } = product;
  const temp = join(dirname(out), `.${randomUUID()}`);
  try {
    await runTo(tools, { ...product, out: temp });
    const accepted = await accept(temp);
    signal?.throwIfAborted();
    await sync(temp);
    await rename(temp, out);
    await sync(dirname(out));
    return accepted;
  } finally {
    await rm(temp, { force: true });
  }
}
