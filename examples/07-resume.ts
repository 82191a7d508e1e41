// A run is stopped here and goes on in another pipeline over the same files, as it would in another process.
import { formatUsd, Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/resume';
const open = (): Pipeline =>
  new Pipeline({
    providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
    events: sqlite(`${dir}/vidpipe.db`),
    assets: filesystem(`${dir}/assets`),
  });

// #region signals
function closeAtSignals(pipeline: Pipeline): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void pipeline.close({ graceMs: 10_000 }));
}
// #endregion

// #region resume
const first = open();
const { id } = await first.create({ prompt: 'A tram climbs a hill at dawn', duration: 8, clipDuration: 4 });
await first.start(id);
for await (const { type } of first.watch(id)) if (type === 'storyboard.written') break;
await first.stop(id);
const stopped = await first.get(id);
await first.close();

await using second = open();
closeAtSignals(second);
const { status, project } = await second.resume(id);
// #endregion
console.log(stopped.status, formatUsd(stopped.money.charged));
console.log(status, formatUsd(project.money.charged));
console.log(project.styleGuide?.visualStyle === stopped.styleGuide?.visualStyle ? 'the words were kept' : 'new words');
