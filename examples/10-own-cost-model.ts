// Prices of your own: a cost model that takes a discount off the catalogue's. Budgets hold and charge what it says.
import { catalogueCosts, type CostModel, formatUsd, type MicroUsd, Pipeline, usd } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';

const providers = [simulated({ dir: process.argv[2] ?? 'out/own-cost-model', speed: 100 })];
// #region costs
const list = catalogueCosts(providers);
const less = (price: MicroUsd): MicroUsd => Math.ceil(price * 0.7) as MicroUsd;
const discounted: CostModel = {
  specVersion: 1,
  quote: (request) => {
    const price = list.quote(request);
    return price && { ...price, expected: less(price.expected), worst: less(price.worst) };
  },
  charge: (used) => {
    const charged = list.charge(used);
    return charged === null ? null : less(charged);
  },
};
// #endregion

for (const costs of [list, discounted]) {
  await using pipeline = new Pipeline({ providers, costs, events: memoryEvents(), assets: memoryAssets() });
  const { id } = await pipeline.create({ prompt: 'A heron fishes at dusk', duration: 4, seed: 1, budget: usd('0.20') });
  const { status, project } = await pipeline.run(id);
  console.log(status, formatUsd(project.money.charged));
}
