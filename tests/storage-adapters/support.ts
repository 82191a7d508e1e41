import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import type { AppendBatch, EventStore, StoredEvent } from 'vidpipe/storage';

const root = mkdtempSync(join(tmpdir(), 'vidpipe-stores-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let serial = 0;

/** A path in a folder that goes with the test file; nothing is there yet. */
export const fresh = (): string => join(root, String((serial += 1)));

/** A batch of `count` events with a body of `size` letters each. */
export function batch(projectId: string, given: Partial<AppendBatch> = {}, count = 1, size = 10): AppendBatch {
  serial += 1;
  const events = Array.from({ length: count }, (_, index) => ({
    type: 'test.happened',
    format: 1,
    body: { index, text: 'x'.repeat(size) },
  }));
  return { batchId: `batch-${process.pid}-${serial}`, projectId, events, ...given };
}

/** The whole log of a project. */
export async function readAll(store: EventStore, projectId: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of store.read(projectId)) events.push(event);
  return events;
}

/** What this process holds open, where the machine can tell. */
export function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

/** A child that runs the sources of this tree, and its lines. */
export interface Child {
  readonly process: ChildProcess;
  /** Resolves with the first line that begins so; rejects when the child ends without it. */
  line(start: string): Promise<string>;
  /** Resolves when it has ended, with all its lines. */
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: string | null;
    readonly lines: readonly string[];
  }>;
}

/** Starts `child.ts` in a process of its own. */
export function startChild(...args: readonly string[]): Child {
  return startScript('child.ts', ...args);
}

/** Starts a script of this folder in a process of its own. */
export function startScript(name: string, ...args: readonly string[]): Child {
  const hooks = join(import.meta.dirname, 'source-hooks.mjs');
  const script = join(import.meta.dirname, name);
  const child = spawn(process.execPath, ['--import', hooks, script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const ended = new Promise<Awaited<Child['ended']>>((resolve) => {
    child.on('close', (code, signal) => {
      over = true;
      for (const look of waiting) look();
      resolve({ code, signal, lines });
    });
  });
  const line = (start: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((each) => each.startsWith(start));
        if (found !== undefined) resolve(found);
        else if (over) reject(new Error(`the child ended without "${start}": ${lines.join(' | ')}`));
        else return void waiting.add(look);
        waiting.delete(look);
      };
      look();
    });
  return { process: child, line, ended };
}
