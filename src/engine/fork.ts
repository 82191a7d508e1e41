import { InvalidChangeError, ProjectNotFoundError } from '../errors/index.ts';
import { assetsOf, bequest, type OpenCalls } from '../project/bequest.ts';
import type { Changes } from '../project/changes/types.ts';
import type { Digest } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { appendFirst, foldFirst } from './first-batch.ts';
import { readLog } from './read-log.ts';
import { renewed } from './renew.ts';
import { prepare } from './revise.ts';

/** Options of `Pipeline.fork`. */
export interface ForkOptions {
  /** What becomes of steps whose calls are open in the parent: the fork waits for what they bring, or buys them itself. @default 'wait' */
  readonly openCalls?: OpenCalls;
}

function assertOptions({ openCalls }: ForkOptions): void {
  if (openCalls === undefined || openCalls === 'wait' || openCalls === 'buy') return;
  throw new InvalidChangeError({ issues: [`openCalls: expected wait or buy, got ${JSON.stringify(openCalls)}`] });
}

/** Begins a project that goes on from another one as it stands, changed or not; answers its id. Nothing of the parent is changed. Throws `ProjectNotFoundError`, `InvalidChangeError`. */
export async function forkProject(
  context: EngineContext,
  parentId: string,
  changes: Changes,
  options: ForkOptions,
): Promise<string> {
  assertOptions(options);
  const parent = await readLog(context, parentId);
  if (parent === null) throw new ProjectNotFoundError({ projectId: parentId });
  const stored = await renewed(context, assetsOf(parent));
  const passing = { openCalls: options.openCalls ?? 'wait', has: (digest: Digest) => stored.has(digest) };
  const drafts = bequest(parent, passing);
  const id = context.newId();
  const state = foldFirst(context, id, drafts);
  const changed = await prepare(context, state, changes);
  await appendFirst(context, id, [...drafts, ...changed(state)]);
  return id;
}
