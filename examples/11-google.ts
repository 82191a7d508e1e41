// A film by Google's models: what it would cost, and with --buy the film. Set-up: docs/google.md.
import { formatUsd, Pipeline, usd } from 'vidpipe';
import { google } from 'vidpipe/providers/google';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/google';
// #region provider
const bucket = process.env['GOOGLE_CLOUD_BUCKET'] ?? 'acme-films';
const provider = google({
  vertex: { bucket, labels: { team: 'film' } },
  models: { 'gemini-3.8-flash': { can: { maxOutputTokens: 20_000 } } }, // shorter storyboards, a lower worst price
});
// #endregion
await using pipeline = new Pipeline({
  providers: [provider],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
});
const project = await pipeline.create({
  prompt: 'A heron fishes at dawn',
  duration: 8,
  budget: usd(10),
  options: { google: { personGeneration: 'dont_allow' } },
});
const { cost, calls } = await pipeline.plan(project.id);
console.log(`${calls} calls, ${formatUsd(cost.expected)}, at most ${formatUsd(cost.worst)}`);
for (const { code, message } of project.warnings) console.log(code, message);
if (process.argv.includes('--buy')) {
  const result = await pipeline.run(project.id);
  console.log(result.status, formatUsd(result.project.money.charged));
  if (result.status === 'completed') await result.film.saveTo(`${dir}/film.mp4`);
}
