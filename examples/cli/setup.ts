import { join } from 'node:path';
import { type ModelId, Pipeline, type ProjectSettings, usd } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { type Flags, numberOf } from './options.ts';

/** Folder that holds films, projects and assets: `--out`, VIDPIPE_OUT or `out`. */
export function folderOf(flags: Flags): string {
  return flags.out ?? process.env['VIDPIPE_OUT'] ?? 'out';
}

/** The pipeline of a command: simulated models, SQLite and a folder. */
export function openPipeline(flags: Flags): Pipeline {
  const out = folderOf(flags);
  return new Pipeline({
    providers: [simulated({ dir: join(out, 'simulated'), speed: numberOf(flags, 'speed') ?? 20 })],
    events: sqlite(join(out, 'vidpipe.db')),
    assets: filesystem(join(out, 'assets')),
    workDir: join(out, 'work'),
  });
}

function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** Settings out of flags; the library checks them. */
export function settingsOf(prompt: string, flags: Flags): ProjectSettings {
  const fade = numberOf(flags, 'fade');
  return {
    prompt,
    models: given({
      text: flags['text-model'] as ModelId | undefined,
      image: flags['image-model'] as ModelId | undefined,
      video: flags['video-model'] as ModelId | undefined,
    }),
    ...given({
      style: flags.style,
      ratio: flags.ratio as ProjectSettings['ratio'],
      duration: numberOf(flags, 'duration'),
      clipDuration: numberOf(flags, 'clip-duration'),
      audio: flags['no-audio'] === true ? false : undefined,
      seed: numberOf(flags, 'seed'),
      negativePrompt: flags['negative-prompt'],
      budget: flags.budget === undefined ? undefined : usd(flags.budget),
      transition: fade === undefined ? undefined : ({ kind: 'fade', seconds: fade } as const),
    }),
  };
}
