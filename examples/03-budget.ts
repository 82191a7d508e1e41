// A budget that is too small: the run waits, and nothing is sent at all. A project with more room completes.
import { formatUsd, type MicroUsd, Pipeline, usd } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/budget';
await using pipeline = new Pipeline({
  providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
});

async function make(budget: MicroUsd): Promise<void> {
  // #region budget
  const { id } = await pipeline.create({ prompt: 'A kite crosses a stormy bay', duration: 4, budget });
  const result = await pipeline.run(id);
  const { charged, held } = result.project.money;
  console.log(`${result.status}: charged ${formatUsd(charged)} of ${formatUsd(budget)}, held ${formatUsd(held)}`);
  if (result.status === 'waiting' && result.waiting.reason === 'budget')
    console.log(`budget lacks ${formatUsd(result.waiting.missing)}`);
  // #endregion
}

await make(usd('0.20'));
await make(usd('1.00'));
