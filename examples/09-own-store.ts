// All bytes in a store of your own (table-assets.ts): the cases of `vidpipe/testing` say whether it is one, then a film is made in it.
import { Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { assetStoreCases } from 'vidpipe/testing';
import { tableAssets } from './table-assets.ts';

// #region check
const lacks = ['path', 'url', 'renew', 'free'] as const;
const cases = assetStoreCases({ create: () => tableAssets(':memory:') }, lacks).filter(({ skip }) => !skip);
for (const { run } of cases) await run();
console.log(cases.length, 'cases hold');
// #endregion

const dir = process.argv[2] ?? 'out/own-store';
const events = sqlite(`${dir}/vidpipe.db`);
const assets = tableAssets(`${dir}-assets.db`);
await using pipeline = new Pipeline({ providers: [simulated({ dir, speed: 100 })], events, assets });
const { id } = await pipeline.create({ prompt: 'A clockmaker winds the last clock', duration: 4 });
const { status } = await pipeline.run(id);
let stored = 0;
for await (const { size } of assets.list()) stored += Number(size > 0);
console.log(status, stored, 'assets');
