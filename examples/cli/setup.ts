import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Pipeline, type Provider } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { googleProvider } from './google.ts';
import { type CommandName, type Flags, numberOf, UsageError } from './options.ts';

/** Providers that are no modules. */
export const BUILT_IN: readonly string[] = ['simulated', 'google'];

/** How much faster than life simulated clips are, unless it is said. */
export const SPEED = 20;

/** Where things are, from flags, environment and defaults. */
export interface Places {
  readonly out: string;
  readonly events: string;
  readonly assets: string;
  /** Of `BUILT_IN`, or files of modules. */
  readonly providers: readonly string[];
  readonly speed: number;
}

/** Flags go before the environment. The demo never leaves the simulated models. */
export function placesOf(command: CommandName, flags: Flags): Places {
  const { VIDPIPE_OUT, VIDPIPE_EVENTS, VIDPIPE_ASSETS, VIDPIPE_PROVIDER, VIDPIPE_SPEED } = process.env;
  const out = flags.out ?? VIDPIPE_OUT ?? 'out';
  return {
    out,
    events: flags.events ?? VIDPIPE_EVENTS ?? join(out, 'vidpipe.db'),
    assets: flags.assets ?? VIDPIPE_ASSETS ?? join(out, 'assets'),
    providers: command === 'demo' ? ['simulated'] : (flags.provider ?? VIDPIPE_PROVIDER?.split(',') ?? ['simulated']),
    speed: speedOf(flags.speed ?? VIDPIPE_SPEED),
  };
}

function speedOf(given: string | undefined): number {
  const speed = numberOf('speed', given) ?? SPEED;
  if (speed <= 0) throw new UsageError(`--speed: expected a number above 0, got ${speed}`);
  return speed;
}

function isProvider(value: unknown): value is Provider {
  return typeof value === 'object' && value !== null && 'catalogue' in value && 'model' in value;
}

async function providerOf(name: string, { out, speed }: Places): Promise<Provider> {
  if (name === 'simulated') return simulated({ dir: join(out, 'simulated'), speed });
  if (name === 'google') return googleProvider(speed);
  if (!existsSync(name))
    throw new UsageError(
      `--provider: expected simulated, google or a module, and there is no file ${JSON.stringify(name)}`,
    );
  const { provider } = await load(name);
  if (!isProvider(provider)) throw new UsageError(`--provider: ${name} does not export a \`provider\``);
  return provider;
}

async function load(file: string): Promise<{ readonly provider?: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as object;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--provider: ${file} can not be loaded: ${reason}`, { cause: error });
  }
}

/** Commands that make the first project. */
const BEGINNING: readonly CommandName[] = ['generate', 'demo', 'import'];

/** Opens the stores. Throws `UsageError` where a command needs a project and there is no database: opening one would make it. */
export async function openPipeline(command: CommandName, places: Places): Promise<Pipeline> {
  const { out, events } = places;
  if (!BEGINNING.includes(command) && !existsSync(events))
    throw new UsageError(`there are no projects: no database ${events}; --out or --events name another place`);
  const providers = await Promise.all(places.providers.map((name) => providerOf(name, places)));
  return new Pipeline({
    providers,
    events: sqlite(events),
    assets: filesystem(places.assets),
    workDir: join(out, 'work'),
  });
}
