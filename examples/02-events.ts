// Every event of a project exactly once: those that are there already, then live, until it rests.
import { Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/events';
await using pipeline = new Pipeline({
  providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
});
// #region watch
pipeline.on('progress', ({ stepId, progress, percent }) => console.log(`${percent} %`, stepId, progress ?? 'running'));
const project = await pipeline.create({ prompt: 'Two robots plant a tree on the moon', duration: 4, clipDuration: 4 });
await pipeline.start(project.id);
for await (const event of pipeline.watch(project.id)) console.log(event.seq, event.type);
// #endregion
