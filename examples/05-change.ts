// The better of two takes; other words for a finished film, and the first clip again after all. What that costs is known before, and what it does not touch stays.
import { formatUsd, type MicroUsd, Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/change';
// #region takes
await using pipeline = new Pipeline({
  providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
  // Your own model looks here, at the file `about.path`, made for `about.prompt`. To this one, what takes more bytes has more to see.
  score: (asset) => asset.size,
});
const { id } = await pipeline.create({ prompt: 'A cat crosses a frozen lake', duration: 4, clipDuration: 4, takes: 2 });
const { project } = await pipeline.run(id);
const takes = project.scenes[0]?.takes.filter(({ part }) => part === 'clip') ?? [];
for (const { id: take, score, selected } of takes) console.log(take, score, selected ? 'used' : '');
// #endregion
const scene = project.scenes[0]?.id ?? '';
// #region revise
const changes = { settings: { takes: 1 }, edit: { [scene]: { motionPrompt: 'The cat slips, and slides on.' } } };
const { cost, remade, reused } = await pipeline.plan(id, changes);
console.log(`${remade} remade, ${reused} reused: ${formatUsd(cost.expected)}`);
await pipeline.revise(id, changes);
const changed = await pipeline.run(id);
// #endregion
console.log(changed.status, formatUsd((changed.project.money.charged - project.money.charged) as MicroUsd));
// #region select
const before = takes.find(({ selected }) => selected);
if (before !== undefined) await pipeline.revise(id, { select: { [scene]: before.id } });
// #endregion
const { scenes } = await pipeline.get(id);
console.log(scenes[0]?.clip?.digest === project.scenes[0]?.clip?.digest ? 'the first clip again' : 'another clip');
