// A video model of your own beside the simulated writer and stills: a service with jobs becomes a provider in one literal.
import { formatUsd, Pipeline, usd } from 'vidpipe';
import { defineProvider, perSecond, readJson, videoModel } from 'vidpipe/provider';
import { simulated } from 'vidpipe/providers/simulated';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { startService } from './clip-service.ts';

const { origin, close } = await startService();
const stills = defineProvider({
  id: 'stills',
  downloads: [origin],
  video: {
    'hold-1': videoModel({
      durations: [2, 4],
      ratios: ['16:9', '9:16'],
      price: perSecond(usd('0.01')),
      times: { typicalMs: 500, pollMs: 200 },
      idempotent: true,
      start: async ({ startFrame, seconds }, { fetch, callId }) => {
        const body = JSON.stringify({ image: Buffer.from(startFrame?.bytes ?? []).toString('base64'), seconds });
        const { job } = await readJson(await fetch(`${origin}/jobs/${callId}`, { method: 'PUT', body }));
        return { handle: { job: String(job) } };
      },
      check: async ({ job }, { fetch }) => {
        const { done } = await readJson(await fetch(`${origin}/jobs/${job}`));
        return done ? { state: 'succeeded', outputs: [{ url: `${origin}/clips/${job}` }] } : { state: 'running' };
      },
    }),
  },
});
const providers = [stills, simulated({ dir: process.argv[2] ?? 'out/own-provider' })];
await using pipeline = new Pipeline({ providers, events: memoryEvents(), assets: memoryAssets() });
const { id } = await pipeline.create({ prompt: 'A quay at night', duration: 4, models: { video: 'stills:hold-1' } });
const { status, project } = await pipeline.run(id);
console.log(status, project.film?.seconds, formatUsd(project.money.charged));
close();
