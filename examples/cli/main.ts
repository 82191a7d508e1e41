import { isVidpipeError } from 'vidpipe';
import { type ExitCode, isCommand, runCommand } from './commands.ts';
import { FLAGS, readCommandLine } from './options.ts';

const USAGE = `vidpipe: a prompt becomes a film
  generate PROMPT     make a film (asks first, unless --yes)
  demo [PROMPT]       make a short film with the simulated models
  resume ID           go on after a crash, a stop or a wait
  status ID, show ID  what has become of it; plan and artifacts
  list                all projects, newest first
  stitch ID --fade S  join the clips again, with another transition
  stop ID             stop a run, also one of another process
exit codes: 0 done, 1 failed, 2 wrong command line, 3 waiting for you, 130 stopped
${Object.entries(FLAGS)
  .map(([name, { help }]) => `  --${name.padEnd(18)} ${help}`)
  .join('\n')}`;

async function main(): Promise<ExitCode> {
  const line = readCommandLine(process.argv.slice(2));
  if (line.flags.help === true || !isCommand(line.command)) {
    console.log(USAGE);
    return line.flags.help === true || line.command === 'help' ? 0 : 2;
  }
  return runCommand(line.command, line);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = isVidpipeError(error) ? 1 : 2;
}
