import type { DeleteOptions, SweepOptions } from 'vidpipe';
import type { Command } from './drive.ts';
import { EXITS } from './help.ts';
import { type CommandLine, numberOf } from './options.ts';

const forced = ({ flags }: CommandLine): DeleteOptions => ({ force: flags.force === true });

const remove: Command = async ({ pipeline, output }, line) => {
  const [id = ''] = line.words;
  // To the library a project that is not there is no error; here it is a slip of the pen.
  await pipeline.get(id);
  await pipeline.delete(id, forced(line));
  output.tell({ id, deleted: true });
  output.say(`${id} deleted; \`sweep\` frees the bytes that nothing else names once they are old enough`);
  return EXITS.done;
};

const archive: Command = async ({ pipeline, output }, line) => {
  const [id = '', folder = ''] = line.words;
  const { assets, missing } = await pipeline.archive(id, folder, forced(line));
  output.tell({ id, folder, assets: assets.length, missing });
  output.say(`${id} is in ${folder}, ${assets.length} assets, checked, and deleted here; \`import\` brings it back`);
  return EXITS.done;
};

function sweepOptions({ flags }: CommandLine): SweepOptions {
  const [seconds, maxBytes] = [numberOf('older-than', flags['older-than']), numberOf('max-bytes', flags['max-bytes'])];
  return {
    ...(seconds === undefined ? {} : { olderThanMs: seconds * 1000 }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
}

const sweep: Command = async ({ pipeline, output }, line) => {
  const swept = await pipeline.sweep(sweepOptions(line));
  const { assets, bytes, left, stored } = swept;
  output.tell(swept);
  output.say(`${assets} assets deleted, ${bytes} bytes; ${left} bytes that nothing names are left, ${stored} in all`);
  return EXITS.done;
};

const usage: Command = async ({ pipeline, output }) => {
  const found = await pipeline.usage();
  output.tell(found);
  const { stored, projects, shared, unreferenced, temp, free } = found;
  for (const { projectId, bytes, own } of projects)
    output.say(`${projectId} ${String(bytes).padStart(12)} bytes, ${own} of its own`);
  output.say(`${stored} bytes stored: ${shared} shared by projects, ${unreferenced} named by none`);
  output.say(`${temp} bytes in the work folder; free: ${free.assets ?? 'unknown'}`);
  return EXITS.done;
};

/** Commands about what is stored. */
export const STORAGE = { delete: remove, archive, sweep, usage } as const;
