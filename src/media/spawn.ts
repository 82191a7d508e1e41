import { spawn } from 'node:child_process';
import { FfmpegMissingError, MediaError } from '../errors/index.ts';

/** One run of ffmpeg or ffprobe. */
export interface Spawned {
  readonly program: string;
  readonly args: readonly string[];
  readonly action: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

const TAIL = 4000;
/** Characters of standard output: far more than any probe says. */
const MOST_OUTPUT = 16 * 1024 ** 2;

/** Only what a child needs: no keys of the host. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, LD_LIBRARY_PATH } = process.env;
  return { PATH, HOME, TMPDIR, LD_LIBRARY_PATH, LC_ALL: 'C' };
}

function notStarted(program: string, action: string, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ENOENT') return new FfmpegMissingError({ program, reason: 'it was not found' }, { cause });
  if (cause.code === 'EACCES') return new FfmpegMissingError({ program, reason: 'it does not run' }, { cause });
  return new MediaError({ action, reason: cause.message }, { cause });
}

/**
 * Spawns without a shell and without standard input; answers standard output. SIGKILL ends it at the time cap or the signal: what it writes has a
 * temporary name and is of no use half done, and its pipes are let go, which children of a wrapper script may still hold.
 * Throws `MediaError` for a bad exit and for anything on standard error, since ffmpeg leaves with 0 on a full disk; at the signal, its reason.
 */
export function run({ program, args, action, signal, timeoutMs }: Spawned): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const child = spawn(program, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    let ended: string | null = null;
    const end = (why: string): void => {
      ended ??= why;
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => end(`it took longer than ${timeoutMs} ms`), timeoutMs);
    const onAbort = (): void => end('it was stopped');
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.length > MOST_OUTPUT) end(`it wrote more than ${MOST_OUTPUT} characters`);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-TAIL)));
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (error === null) resolve(out);
      else reject(error);
    };
    child.on('error', (cause) => settle(notStarted(program, action, cause)));
    child.on('close', (code, killedBy) => {
      if (signal?.aborted) return settle(signal.reason as Error);
      const reason = ended ?? (code === 0 ? err.trim() : `${err.trim()} (${killedBy ?? `exit code ${code}`})`);
      settle(reason === '' ? null : new MediaError({ action, reason }));
    });
  });
}
