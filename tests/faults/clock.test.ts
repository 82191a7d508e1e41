import { expect, it } from 'vitest';
import { clockJumps, playJump } from './clock-jumps.ts';

it.each(clockJumps())(
  'the wall clock is set $jump after $moment: order kept, no early deadline, no stolen lease, nothing bought twice',
  async (jump) => {
    expect(await playJump(jump)).toEqual([]);
  },
);
