import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join, relative, resolve } from 'node:path';
import { BUILT_IN, type Places, SPEED } from './setup.ts';

/** A word as a POSIX shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function shortest(base: string, path: string): string {
  const near = relative(base, path);
  return near === '' || near.startsWith('..') ? path : near;
}

/** `node` where the user's shell finds this very program under that name; npm puts folders of its own on PATH. */
function nodeName(base: string): string {
  const byNpm = (folder: string): boolean =>
    process.env['npm_lifecycle_event'] !== undefined && folder.includes('node_modules');
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !byNpm(folder))
    .map((folder) => join(folder, 'node'))
    .find((file) => existsSync(file));
  const same = found !== undefined && realpathSync(found) === realpathSync(process.execPath);
  return same ? 'node' : shortest(base, process.execPath);
}

/** A command line that goes on with a project when it is pasted where this one was typed, whatever the environment is then, but for the set-up of providers. */
export function resumeCommand(
  id: string,
  { out, events, assets, providers, speed }: Places,
  command: 'resume' | 'approve' = 'resume',
): string {
  const base = process.env['INIT_CWD'] ?? process.cwd();
  const path = (file: string): string => shortest(base, resolve(file));
  const flags: (readonly [string, string, string])[] = [
    ['out', path(out), 'out'],
    ['events', path(events), path(join(out, 'vidpipe.db'))],
    ['assets', path(assets), path(join(out, 'assets'))],
    ['speed', String(speed), String(SPEED)],
  ];
  const isDefault = providers.join() === 'simulated' && process.env['VIDPIPE_PROVIDER'] === undefined;
  const words = [
    nodeName(base),
    shortest(base, join(import.meta.dirname, 'main.ts')),
    command,
    id,
    ...flags.flatMap(([name, value, usual]) =>
      value === usual && process.env[`VIDPIPE_${name.toUpperCase()}`] === undefined ? [] : [`--${name}`, value],
    ),
    ...(isDefault ? [] : providers.flatMap((name) => ['--provider', BUILT_IN.includes(name) ? name : path(name)])),
  ];
  return words.map(quoted).join(' ');
}
