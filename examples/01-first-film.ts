// A prompt becomes a film with the built-in simulated models: offline, nothing to pay.
import { formatUsd, Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/first-film';
await using pipeline = new Pipeline({
  providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
});
const project = await pipeline.create({ prompt: 'A lighthouse keeper finds a bottle', duration: 8 });
const result = await pipeline.run(project.id);
if (result.status === 'completed') await result.film.saveTo(`${dir}/film.mp4`);
console.log(result.status, formatUsd(result.project.money.charged));
