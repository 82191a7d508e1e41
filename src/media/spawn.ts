import { spawn } from 'node:child_process';
import { FfmpegMissingError, MediaError } from '../errors/index.ts';

/** One run of ffmpeg or ffprobe. */
export interface Spawned {
  readonly program: string;
  readonly args: readonly string[];
  readonly action: string;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

const TAIL = 4000;
const KILL_AFTER_MS = 2000;

/** Only what a child needs: no keys of the host. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, LD_LIBRARY_PATH } = process.env;
  return { PATH, HOME, TMPDIR, LD_LIBRARY_PATH, LC_ALL: 'C' };
}

/**
 * Spawns without a shell and without standard input; answers standard output. SIGTERM, then SIGKILL, ends it at the time cap or the signal.
 * Throws `MediaError` for a bad exit and for anything on standard error, since ffmpeg leaves with 0 on a full disk.
 */
export function run({ program, args, action, cwd, signal, timeoutMs }: Spawned): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const child = spawn(program, args, { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    let ended: string | null = null;
    const end = (why: string): void => {
      ended ??= why;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    };
    const timer = setTimeout(() => end(`it took longer than ${timeoutMs} ms`), timeoutMs);
    const onAbort = (): void => end('it was stopped');
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err = (err + chunk.toString()).slice(-TAIL)));
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    child.on('error', (cause: NodeJS.ErrnoException) => {
      done();
      reject(
        cause.code === 'ENOENT' ? new FfmpegMissingError({ program, reason: 'it was not found' }, { cause }) : cause,
      );
    });
    child.on('close', (code) => {
      done();
      if (signal?.aborted) return reject(signal.reason as Error);
      const reason = ended ?? (code === 0 ? err.trim() : `${err.trim()} (exit code ${code})`);
      if (reason === '') resolve(out);
      else reject(new MediaError({ action, reason }));
    });
  });
}
