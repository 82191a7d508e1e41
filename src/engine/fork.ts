import { InvalidChangeError, ProjectNotFoundError } from '../errors/index.ts';
import { assetsOf, bequest, type OpenCalls } from '../project/bequest.ts';
import type { Digest } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { appendFirst } from './first-batch.ts';
import { readLog } from './read-log.ts';
import { renewed } from './renew.ts';

/** Options of `Pipeline.fork`. */
export interface ForkOptions {
  /** What becomes of steps whose calls are open in the parent: the fork waits for what they bring, or buys them itself. @default 'wait' */
  readonly openCalls?: OpenCalls;
}

function assertOptions(changes: object, { openCalls }: ForkOptions): void {
  const [field] = Object.keys(changes);
  if (field !== undefined) throw new InvalidChangeError({ issues: [`${field}: a fork can not be changed yet`] });
  if (openCalls === undefined || openCalls === 'wait' || openCalls === 'buy') return;
  throw new InvalidChangeError({ issues: [`openCalls: expected wait or buy, got ${JSON.stringify(openCalls)}`] });
}

/** Begins a project that goes on from another one as it stands; answers its id. Nothing of the parent is changed. Throws `ProjectNotFoundError`, `InvalidChangeError`. */
export async function forkProject(
  context: EngineContext,
  parentId: string,
  changes: object,
  options: ForkOptions,
): Promise<string> {
  assertOptions(changes, options);
  const parent = await readLog(context, parentId);
  if (parent === null) throw new ProjectNotFoundError({ projectId: parentId });
  const stored = await renewed(context, assetsOf(parent));
  const passing = { openCalls: options.openCalls ?? 'wait', has: (digest: Digest) => stored.has(digest) };
  const id = context.newId();
  await appendFirst(context, id, bequest(parent, passing));
  return id;
}
