// A crash at every await of a film made with a video model of your own: nothing is lost, nothing paid twice. Its service keeps its own bills.
import { type Clock, usd } from 'vidpipe';
import { defineProvider, perSecond, videoModel } from 'vidpipe/provider';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { type MakeStores, type OwnService, paper, quietScript, simulate } from 'vidpipe/testing';

function service(clock: Clock): OwnService {
  const jobs = new Map<string, { doneAt: number; bytes: Uint8Array }>();
  let requests = 0;
  const clips = videoModel({
    durations: [4],
    ratios: ['16:9'],
    price: perSecond(usd('0.01')),
    times: { typicalMs: 800, pollMs: 200 },
    idempotent: true,
    start: async ({ seconds, width, height }, { callId }) => {
      requests += 1;
      const bytes = paper({ kind: 'video', seconds, width, height, note: callId });
      if (!jobs.has(callId)) jobs.set(callId, { doneAt: clock.now() + 500, bytes });
      return { handle: { job: callId } };
    },
    check: async ({ job }) => {
      requests += 1;
      const { doneAt = Infinity, bytes = new Uint8Array() } = jobs.get(String(job)) ?? {};
      return clock.now() < doneAt ? { state: 'running' } : { state: 'succeeded', outputs: [{ bytes }] };
    },
  });
  const bills = (): { callId: string; microUsd: number }[] =>
    [...jobs.keys()].map((callId) => ({ callId, microUsd: 40_000 }));
  return { provider: defineProvider({ id: 'mine', video: { 'clip-1': clips } }), bills, requests: () => requests };
}

const stores: MakeStores = (now) => ({ events: memoryEvents({ now }), assets: memoryAssets() });
const { probes, bills } = await simulate(quietScript(), stores, { service });
const violations: string[] = [];
for (const at of probes.keys()) {
  const crashes = [{ at: at + 1, thawMs: null }];
  violations.push(...(await simulate(quietScript({ crashes }), stores, { service })).violations);
}
console.log(`${bills.length} bills, ${probes.length} crash points, ${violations.length} violations`, ...violations);
