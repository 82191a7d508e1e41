// What a film is going to cost, before anything is sent; and a stop for your approval, of the plan and of the words.
import { formatUsd, type GateName, Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/plan-and-approve';
await using pipeline = new Pipeline({
  providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
});
// #region gates
const gates: readonly GateName[] = ['plan', 'storyboard'];
const { id } = await pipeline.create({ prompt: 'A snail crosses a garden at night', duration: 8, gates });
let result = await pipeline.run(id);
while (result.status === 'waiting' && result.waiting.reason === 'gate') {
  const { gate } = result.waiting;
  const { digest, calls, cost } = await pipeline.plan(id);
  console.log(gate, `${calls} calls`, formatUsd(cost.expected), 'at most', formatUsd(cost.worst));
  for (const { description } of result.project.scenes) console.log('  ', description);
  await pipeline.approve(id, gate, digest);
  result = await pipeline.run(id);
}
// #endregion
console.log(result.status, formatUsd(result.project.money.charged));
