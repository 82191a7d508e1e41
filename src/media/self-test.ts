import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FfmpegMissingError, MediaToolError } from '../errors/index.ts';
import { decode } from './decode.ts';
import { probe, type Tools } from './probe.ts';

/** A picture that every ffmpeg can read: 1 × 1, grey. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);
const CAP_MS = 10_000;

/** Codes and words of a machine that has run out of something. */
const SCARCE = /\b(ENOSPC|EDQUOT|EMFILE|ENFILE|EAGAIN)\b|No space left|quota exceeded|Too many open files/i;

/** Looks at a picture that is good; answers why that does not work, `null` where it does. */
async function faultOf(tools: Tools): Promise<string | null> {
  const timeoutMs = Math.min(tools.timeoutMs, CAP_MS);
  let folder: string | null = null;
  try {
    folder = await mkdtemp(join(tmpdir(), 'vidpipe-self-test-'));
    const path = join(folder, 'good.png');
    await writeFile(path, PICTURE);
    await probe({ ...tools, timeoutMs }, path);
    await decode({ ...tools, timeoutMs }, path, 0);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Work with the tool on bytes that may be no good. Throws `MediaToolError` where the tool itself is to blame, else what the work throws. */
export async function judged<T>(tools: Tools, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    const isOfMachine = cause instanceof FfmpegMissingError || SCARCE.test(text);
    const reason = isOfMachine ? text : await faultOf(tools);
    if (reason === null) throw cause;
    throw new MediaToolError({ reason }, { cause });
  }
}
