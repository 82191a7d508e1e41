// One more scene at the end of a finished film: what is made stays as it is, and only the new scene is bought.
import { formatUsd, Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/expand';
await using pipeline = new Pipeline({
  providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
});
const { id } = await pipeline.create({ prompt: 'A snail sets out across a garden', duration: 4, clipDuration: 4 });
const short = await pipeline.run(id);
// #region expand
await pipeline.expand(id, 1, { direction: 'Rain begins, and the snail is delighted.' });
const long = await pipeline.run(id);
// #endregion
for (const { status, project } of [short, long])
  console.log(status, project.scenes.length, project.film?.seconds.toFixed(1), formatUsd(project.money.charged));
const [before, after] = [short, long].map(({ project }) => project.scenes[0]?.clip?.digest);
console.log(before === after ? 'the first clip is the same' : 'the first clip was made anew');
