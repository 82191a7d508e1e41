// Runs the conformance cases of vidpipe on a provider and a store of one's own, without a test runner.
import { assetStoreCases, type ConformanceCase, videoModelCases, type VideoSubject } from 'vidpipe/testing';
import { FarmService } from './farm-service.ts';
import { renderFarm } from './render-farm.ts';
import { sqliteAssets } from './sqlite-assets.ts';

// #region subject
async function subject(): Promise<VideoSubject & { readonly farm: FarmService }> {
  const farm = await new FarmService().listen();
  const open = () => renderFarm({ origin: farm.origin, apiKey: farm.key });
  return {
    farm,
    provider: open(),
    modelId: 'reel-1',
    requests: () => farm.requests,
    billed: () => farm.billed,
    finish: () => farm.finish(),
    reopen: open,
  };
}
// #endregion

async function run(suite: string, cases: readonly ConformanceCase[]): Promise<boolean> {
  const failed: string[] = [];
  for (const { name, skip, run: test } of cases)
    if (skip === undefined) await test().catch((error: unknown) => failed.push(`${name}: ${String(error)}`));
  const skipped = cases.filter(({ skip }) => skip !== undefined).length;
  console.log(
    `${suite}: ${cases.length - skipped - failed.length} passed, ${skipped} skipped, ${failed.length} failed`,
  );
  for (const each of failed) console.log(`  ${each}`);
  return failed.length === 0 && cases.length > skipped;
}

const video = videoModelCases({ create: subject, destroy: ({ farm }) => farm.close() });
const assets = assetStoreCases({ create: () => sqliteAssets(':memory:'), destroy: (store) => store.close?.() }, [
  'path',
  'url',
  'renew',
  'free',
]);
const passed = [await run('videoModelCases', video), await run('assetStoreCases', assets)];
process.exitCode = passed.every(Boolean) ? 0 : 1;
