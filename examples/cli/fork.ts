import type { OpenCalls, Project } from 'vidpipe';
import { changesOf } from './changes.ts';
import type { Command, Session } from './drive.ts';
import { type ExitCode, EXITS } from './help.ts';
import { UsageError } from './options.ts';
import { overviewOf, overviewText } from './overview.ts';
import { resumeCommand } from './paste.ts';

/** Shows a project that goes on from another one. */
async function tellBegun({ pipeline, output, places }: Session, project: Project, how: string): Promise<ExitCode> {
  const overview = await overviewOf(pipeline, project);
  output.tell(overview);
  for (const row of overviewText(overview)) output.say(row);
  output.note(`${how}; go on with: ${resumeCommand(project.id, places)}`);
  return EXITS.done;
}

const OPEN_CALLS: readonly OpenCalls[] = ['wait', 'buy'];

/** Begins a project that goes on from another one. */
export const fork: Command = async (session, { words: [id = ''], flags }) => {
  const { pipeline } = session;
  const { 'open-calls': typed } = flags;
  const openCalls = OPEN_CALLS.find((each) => each === typed);
  if (typed !== undefined && openCalls === undefined)
    throw new UsageError(`--open-calls: expected ${OPEN_CALLS.join(' or ')}, got ${JSON.stringify(typed)}`);
  const changes = changesOf(await pipeline.get(id), flags);
  return tellBegun(session, await pipeline.fork(id, changes, openCalls === undefined ? {} : { openCalls }), 'forked');
};

/** Writes a project to a folder. */
export const exportTo: Command = async ({ pipeline, output }, { words: [id = '', folder = ''] }) => {
  const { assets, missing, events, seq } = await pipeline.export(id, folder);
  const bytes = assets.reduce((sum, { size }) => sum + size, events.size);
  output.tell({ type: 'result', id, folder, seq, bytes, assets: assets.length, missing });
  output.say(`${folder}: ${seq} events, ${assets.length} files, ${bytes} bytes`);
  if (missing.length > 0) output.warn(`bytes that were not there any more: ${missing.join(', ')}`);
  return EXITS.done;
};

/** Begins a project that goes on from one in a folder. */
export const importFrom: Command = async (session, { words: [folder = ''], flags: { account } }) => {
  const project = await session.pipeline.import(folder, account === undefined ? {} : { account });
  return tellBegun(session, project, 'imported');
};
