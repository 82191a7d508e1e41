import type { InspectContext, Verdict } from '../spec/index.ts';
import type { MediaInspectorOptions } from './options.ts';
import { capOf, inspect, type Facts, type Tools, toolsOf } from './probe.ts';
import { inputOf } from './sniff.ts';
import { run } from './spawn.ts';

/** Code and reason of something that makes a take useless. */
interface Defect {
  readonly code: 'black' | 'frozen' | 'silent' | 'length' | 'uniform';
  readonly reason: string;
}

const PICTURE = 'blackdetect=d=0.5:pic_th=0.98:pix_th=0.10,freezedetect=n=0.001:d=0.5,metadata=mode=print:file=-';
const SOUND = 'silencedetect=n=-60dB:d=0.5,ametadata=mode=print:file=-';
const STILL = 'format=yuv444p,signalstats,metadata=mode=print:file=-';

/** Decodes once and answers what the filters have noted: names without `lavfi.`, and values, in order. */
async function notes(
  tools: Tools,
  path: string,
  seconds: number,
  output: readonly string[],
  signal: AbortSignal,
): Promise<readonly (readonly [string, number])[]> {
  const args = ['-nostdin', '-hide_banner', '-v', 'error', ...(await inputOf(path)), ...output, '-f', 'null', '-'];
  const text = await run({
    program: tools.ffmpeg,
    args,
    action: 'inspecting',
    signal,
    timeoutMs: capOf(tools, seconds),
  });
  return [...text.matchAll(/^lavfi\.([\w.]+)=(\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)] as const);
}

/** Length of all spells of a kind; one that does not end lasts to the end. */
function lengthOf(noted: Awaited<ReturnType<typeof notes>>, kind: string, seconds: number): number {
  let since: number | null = null;
  let total = 0;
  for (const [name, value] of noted) {
    if (name === `${kind}_start`) since = value;
    if (name !== `${kind}_end` || since === null) continue;
    total += value - since;
    since = null;
  }
  return since === null ? total : total + Math.max(0, seconds - since);
}

function wrongLength(
  seconds: number,
  { seconds: asked }: InspectContext,
  { tolerance = 0.5 }: MediaInspectorOptions,
): Defect[] {
  if (asked === null || Math.abs(seconds - asked) <= tolerance) return [];
  return [{ code: 'length', reason: `it is ${seconds.toFixed(2)} s long; ${asked} s were asked for` }];
}

async function clipDefects(
  tools: Tools,
  { probe, videoIndex, audioIndex }: Facts,
  context: InspectContext,
  options: MediaInspectorOptions,
): Promise<Defect[]> {
  const { black = 0.5, frozen = 0.8, silent = 0.95 } = options;
  const { seconds = 0 } = probe;
  const sound = audioIndex !== undefined && context.audio ? ['-map', `0:${audioIndex}`, '-af', SOUND] : [];
  const output = ['-map', `0:${videoIndex}`, '-vf', PICTURE, ...sound];
  const noted = await notes(tools, context.path, seconds, output, context.signal);
  const share = (kind: string): number => lengthOf(noted, kind, seconds) / seconds;
  const tell = (code: Defect['code'], is: number, most: number): Defect[] =>
    is >= most ? [{ code, reason: `${Math.round(100 * Math.min(1, is))} % of it is ${code}` }] : [];
  const isMute = context.audio && audioIndex === undefined;
  return [
    ...tell('black', share('black'), black),
    ...tell('frozen', share('freezedetect.freeze'), frozen),
    ...(context.audio ? tell('silent', isMute ? 1 : share('silence'), silent) : []),
    ...wrongLength(seconds, context, options),
  ];
}

async function stillDefects(
  tools: Tools,
  { videoIndex }: Facts,
  { path, signal }: InspectContext,
  { spread = 8 }: MediaInspectorOptions,
): Promise<Defect[]> {
  const noted = new Map(await notes(tools, path, 0, ['-map', `0:${videoIndex}`, '-vf', STILL], signal));
  const range = (plane: string): number =>
    Number(noted.get(`signalstats.${plane}MAX`)) - Number(noted.get(`signalstats.${plane}MIN`));
  return ['Y', 'U', 'V'].every((plane) => range(plane) <= spread)
    ? [{ code: 'uniform', reason: 'all of it has one colour' }]
    : [];
}

/** Looks for what makes a still or clip useless, in one decode. Throws `MediaError`, `FfmpegMissingError`. */
export async function lookForDefects(options: MediaInspectorOptions, context: InspectContext): Promise<Verdict> {
  const tools = toolsOf(options);
  const facts = await inspect(tools, context.path, context.signal);
  const look = context.kind === 'clip' ? clipDefects : stillDefects;
  const defects = await look(tools, facts, context, options);
  if (defects.length === 0) return 'ok';
  return { retake: true, reasons: defects.map(({ reason }) => reason), codes: defects.map(({ code }) => code) };
}
