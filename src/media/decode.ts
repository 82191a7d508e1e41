import { capOf, type Tools } from './probe.ts';
import { inputOf } from './sniff.ts';
import { run } from './spawn.ts';

/** Decodes all of a file of so many seconds. Throws `MediaError` at the first fault. */
export async function decode(tools: Tools, path: string, seconds: number, signal?: AbortSignal): Promise<void> {
  const args = ['-nostdin', '-hide_banner', '-v', 'error', '-xerror', ...(await inputOf(path)), '-f', 'null', '-'];
  await run({ program: tools.ffmpeg, args, action: 'decoding', signal, timeoutMs: capOf(tools, seconds) });
}
