import { expect, it } from 'vitest';
import { VirtualClock } from 'vidpipe/testing';

it('lets some time pass in every sleep, also in one that rounding would lose', async () => {
  const clock = new VirtualClock();
  await clock.advance(10 * 3_600_000);
  const before = clock.monotonic();
  await clock.run(clock.sleep(1e-12));
  expect(clock.monotonic()).toBeGreaterThan(before);
});

it('sets the wall clock while no time passes', async () => {
  const clock = new VirtualClock(5_000);
  await clock.advance(1_000);
  clock.jump(-3_000);
  expect([clock.now(), clock.monotonic()]).toEqual([3_000, 1_000]);
});

it('forgets its sleeps at its end: they neither end nor fail', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  let over = false;
  const sleep = clock.sleep(10, stop.signal).catch(() => undefined);
  void sleep.finally(() => (over = true));
  clock.end();
  stop.abort();
  await clock.advance(20);
  expect([clock.waiting, over]).toEqual([0, false]);
});
