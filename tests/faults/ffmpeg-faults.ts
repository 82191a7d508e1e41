import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Asset, Pipeline, PipelineOptions, RunResult } from 'vidpipe';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { ffmpegTool } from '../../src/media/index.ts';
import { billed, makePipeline } from '../pipeline/make.ts';
import { settingsFor } from '../support/world.ts';
import type { Outcome } from './outcome.ts';

/** Last argument: the file to be written. */
const OUT = 'for last; do :; done; out="${last#file:}"';
const NOISE = 'head -c 100000000 /dev/zero | tr "\\0" x >&2';

/** What a broken ffmpeg does instead of joining, as a script; it answers `-version` all the same. */
export const FFMPEG_FAULTS = {
  'leaves with an error': 'echo broken >&2; exit 1',
  'is killed': 'kill -KILL $$',
  crashes: 'kill -SEGV $$',
  'never ends': 'exec sleep 60',
  'never ends in a child': 'sleep 20',
  'asks on standard input': 'read answer && exit 0; exit 7',
  'leaves with 0 and no file': 'exit 0',
  'leaves with 0 and junk': `${OUT}; printf junk > "$out"; exit 0`,
  'leaves with 0 and half a film': `ffmpeg "$@"; ${OUT}; truncate -s 20000 "$out"; exit 0`,
  'writes 100 MB of errors': `${NOISE}; exit 1`,
  'writes 100 MB of errors and leaves with 0': `${NOISE}; exit 0`,
} as const;

/** Programs that are refused before anything is done. */
export const FFMPEG_MISSING = {
  'is not there': null,
  'does not run': 'exit 127',
  'is too old': 'echo ffmpeg version 4.4.2 Copyright',
} as const;

/** One way in which it is broken. */
export type FfmpegFault = keyof typeof FFMPEG_FAULTS | keyof typeof FFMPEG_MISSING;

/** All ways. */
export const ffmpegFaults = [...Object.keys(FFMPEG_FAULTS), ...Object.keys(FFMPEG_MISSING)] as readonly FfmpegFault[];

const CUT = { kind: 'cut', seconds: 0.5 } as const;
const FADE = { kind: 'fade', seconds: 0.5 } as const;

/** Wall time of a child that never ends, milliseconds. */
const CAP_MS = 600;

/** A finished film of two clips, made by the real ffmpeg, that is to be joined anew in another way. */
export class FinishedFilm {
  readonly #wanted: 'cut' | 'fade';
  readonly #dir = mkdtempSync(join(tmpdir(), 'vidpipe-ffmpeg-'));
  readonly #pipelines: Pipeline[] = [];
  #id = '';
  #film: Asset | null = null;
  #bills = 0;

  constructor(wanted: 'cut' | 'fade') {
    this.#wanted = wanted;
  }

  #open(more: Partial<PipelineOptions> = {}): Pipeline {
    const pipeline = makePipeline(this.#dir, {}, more);
    this.#pipelines.push(pipeline);
    return pipeline;
  }

  async open(): Promise<this> {
    const pipeline = this.#open();
    const isCut = this.#wanted === 'cut';
    const first = isCut ? FADE : CUT;
    ({ id: this.#id } = await pipeline.create(settingsFor(2, { transition: first })));
    this.#film = this.#filmOf(await pipeline.run(this.#id));
    this.#bills = billed(this.#dir).length;
    await pipeline.revise(this.#id, { settings: { transition: isCut ? CUT : FADE } });
    return this;
  }

  async close(): Promise<void> {
    for (const pipeline of this.#pipelines) await pipeline.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #filmOf({ status, project }: RunResult): Asset {
    if (status !== 'completed' || project.filmAsset === null) throw new Error(`the film is ${status}`);
    return project.filmAsset;
  }

  /** A program that is broken in this way. */
  #program(fault: FfmpegFault): string {
    const path = join(this.#dir, 'ffmpeg.sh');
    const body = { ...FFMPEG_FAULTS, ...FFMPEG_MISSING }[fault];
    if (body === null) return join(this.#dir, 'nowhere');
    const version = fault in FFMPEG_FAULTS ? 'case "$*" in *-version*) exec ffmpeg -version;; esac' : '';
    writeFileSync(path, `#!/bin/sh\n${version}\n${body}\n`, { mode: 0o755 });
    return path;
  }

  /** The bytes of the film before are what they were. */
  async #wrongFilm(): Promise<string[]> {
    const { digest } = this.#film as Asset;
    const bytes = await Array.fromAsync(await filesystem(join(this.#dir, 'assets')).get(digest));
    const found = `sha256-${createHash('sha256').update(Buffer.concat(bytes)).digest('hex')}`;
    return found === digest ? [] : [`the film before is ${found}`];
  }

  #leftovers(): string[] {
    const inside = (folder: string): string[] =>
      existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
    const work = join(this.#dir, 'work');
    const files = inside(work).filter((name) => name.includes('/'));
    return [...files, ...inside(join(this.#dir, 'assets', '.tmp'))].map((name) => `${name} is left over`);
  }

  /** Joins anew with an ffmpeg that is broken; answers what is wrong. */
  async play(fault: FfmpegFault): Promise<Outcome> {
    const media = ffmpegTool({ ffmpegPath: this.#program(fault), timeoutMs: CAP_MS });
    const end = await this.#open({ media })
      .run(this.#id)
      .then(
        (result) => (result.status === 'failed' ? result.error.code : result.status),
        (error: { code: string }) => error.code,
      );
    const wanted = fault in FFMPEG_FAULTS ? 'media' : 'ffmpeg-missing';
    const wrong = end === wanted ? [] : [`it ended with ${end}`];
    const violations = [...wrong, ...(await this.#wrongFilm()), ...this.#leftovers(), ...this.#wrongMoney()];
    return { row: `${this.#wanted}, ffmpeg ${fault}: ${end}`, happened: end === wanted, violations };
  }

  /** Joins anew with the real one; answers what is wrong. */
  async mend(): Promise<Outcome> {
    const { status, project } = await this.#open().run(this.#id);
    const wrong = status === 'completed' ? [] : [`joined anew it is ${status}`];
    if (project.filmAsset?.digest === this.#film?.digest) wrong.push('it is the film before');
    return { row: `${this.#wanted}, mended`, happened: true, violations: [...wrong, ...this.#wrongMoney()] };
  }

  #wrongMoney(): string[] {
    const bills = billed(this.#dir).length;
    return bills === this.#bills ? [] : [`${bills} bills, ${this.#bills} before`];
  }
}
