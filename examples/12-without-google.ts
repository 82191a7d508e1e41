// A film by the google provider without Google: a loopback Google on this machine answers, draws simple pictures and writes its own bill.
import { formatUsd, Pipeline, usd } from 'vidpipe';
import { google } from 'vidpipe/providers/google';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { loopbackGoogle } from 'vidpipe/testing';

const dir = process.argv[2] ?? 'out/without-google';
// #region loopback
const fake = await loopbackGoogle({ dir: `${dir}/google`, speed: 600, scale: 4 });
fake.script([{ fault: 'accept-then-reset', on: 'veo' }]); // takes the first clip, and its answer is lost
const provider = google({
  ...fake.vertex(), // or fake.developer()
  models: { 'veo-3.1-generate-001': { times: { typicalMs: 100, pollMs: 100 } } }, // looked at as often as the fake is fast
});
// #endregion
await using pipeline = new Pipeline({
  providers: [provider],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
});
const { id } = await pipeline.create({
  prompt: 'A heron fishes at dawn',
  duration: 4,
  clipDuration: 4,
  budget: usd(10),
});
const result = await pipeline.run(id);
if (result.status === 'completed') await result.film.saveTo(`${dir}/film.mp4`);
console.log(result.status, formatUsd(result.project.money.charged));
const bills = await fake.bills();
console.log(
  `${bills.length} bills, ${formatUsd(usd(bills.reduce((sum, { microUsd }) => sum + microUsd, 0) / 1_000_000))}`,
);
await fake.close();
