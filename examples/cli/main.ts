import { runCommand } from './commands.ts';
import { faultOf } from './faults.ts';
import { type ExitCode, EXITS, usage } from './help.ts';
import { type CommandLine, readCommandLine } from './options.ts';
import { Output } from './output.ts';

const argv = process.argv.slice(2);
const output = new Output(argv.includes('--json'));
let line: CommandLine = { command: 'help', words: [], flags: {} };

async function main(): Promise<ExitCode> {
  line = readCommandLine(argv);
  if (line.command !== 'help') return runCommand(line.command, line, output);
  output.note(usage());
  return argv.length === 0 ? EXITS.usage : EXITS.done;
}

try {
  process.exitCode = await main();
} catch (error) {
  const { message, exit } = faultOf(error, line);
  output.warn(`vidpipe: ${message}`);
  process.exitCode = exit;
}
process.on('exit', () => {
  if (output.unread.aborted) process.exitCode = EXITS.unread;
});
