import { afterEach, beforeEach, vi } from 'vitest';

/** Waits of a client between its tries take no time: its timers run at once. */
export function hurry(): void {
  const real = setTimeout;
  beforeEach(() => {
    vi.stubGlobal('setTimeout', (run: () => void, _ms: number, ...given: []) => real(run, 1, ...given));
  });
  afterEach(() => void vi.unstubAllGlobals());
}
