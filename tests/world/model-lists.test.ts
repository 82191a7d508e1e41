import { describe, expect, it } from 'vitest';
import { crashed, play, TROUBLES, type Trouble } from '../support/list-crashes.ts';

/** The soak crashes at every probe. */
const STEP = 5;

describe.each(Object.keys(TROUBLES) as Trouble[])('%s', (trouble) => {
  it(
    'is got over by the next model, and a crash at any probe loses and repeats nothing',
    { timeout: 60_000 },
    async () => {
      const whole = await play(trouble, null);
      expect(whole).toMatchObject({ violations: [], project: { status: 'completed' } });
      expect(whole.replaced).toBeGreaterThan(0);
      expect(whole.probes).toBeGreaterThan(100);
      const wrong: string[] = [];
      for (let at = 1; at <= whole.probes; at += STEP) wrong.push(...(await crashed(trouble, at, whole)));
      expect(wrong).toEqual([]);
    },
  );
});
