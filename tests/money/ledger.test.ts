import { afterEach, expect, it } from 'vitest';
import { InvalidBillError, ledgerCsv, type MicroUsd, usd } from 'vidpipe';
import { TestWorld } from '../support/runs.ts';

const STILL = usd('0.02');
const world = new TestWorld();
afterEach(() => world.close());

async function filmed(): Promise<{ readonly id: string; readonly pipeline: ReturnType<TestWorld['pipeline']> }> {
  const pipeline = world.pipeline();
  const { project, status } = await world.film(pipeline, 2);
  expect(status).toBe('completed');
  return { id: project.id, pipeline };
}

it('lists every call with its price of the day, and sums them by step, scene, model and kind', async () => {
  const { id, pipeline } = await filmed();
  const { money, scenes } = await pipeline.get(id);
  const ledger = await pipeline.ledger(id);
  expect(ledger.entries).toHaveLength(5);
  expect(ledger.totals).toMatchObject({ charged: money.charged, held: 0, unknown: 0, superseded: 0 });
  for (const sums of [ledger.byStep, ledger.byModel, ledger.byKind]) {
    const charged = Object.values(sums).reduce((sum, each) => sum + each.charged, 0);
    expect(charged).toBe(money.charged);
  }
  expect(Object.keys(ledger.byScene)).toEqual(scenes.map((scene) => scene.id));
  expect(ledger.byKind['image']?.charged).toBe(3 * STILL);
  const [first] = ledger.entries;
  expect(first).toMatchObject({ kind: 'image', state: 'charged', charged: STILL, usage: { images: 1 } });
  expect(first?.price?.rates).toMatchObject([{ unit: 'image', price: STILL }]);
  expect(Date.parse(first?.endedAt ?? '')).toBeGreaterThan(Date.parse(first?.at ?? ''));
});

it('writes a line of CSV for each call, with quoted cells', async () => {
  const { id, pipeline } = await filmed();
  const lines = ledgerCsv(await pipeline.ledger(id))
    .trimEnd()
    .split('\r\n');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^call,step,scene,model,kind,state,at,ended_at,.*,usage$/);
  expect(lines[1]).toContain('"{""images"":1}"');
});

it('finds nothing to say of a ledger that its pool and its bill bear out', async () => {
  const { id, pipeline } = await filmed();
  const { entries, totals } = await pipeline.ledger(id);
  const rows = entries.map(({ callId, charged }) => `"${callId}",${charged / 1e6},x`);
  const bill = ['call,usd,note', ...rows, 'elsewhere.1,7,x', ',1,x'].join('\n');
  expect(await pipeline.verifyLedger(id, { bill })).toEqual({
    ok: true,
    calls: 5,
    charged: totals.charged,
    unknown: 0,
    billed: totals.charged,
    findings: [],
  });
  expect(await pipeline.verifyLedger(id)).toMatchObject({ ok: true, billed: null });
});

it('tells of calls that are billed otherwise, not billed, or not recorded; labels count as ids', async () => {
  const { id, pipeline } = await filmed();
  const [one, two, ...rest] = (await pipeline.ledger(id)).entries.map(({ callId, charged }) => ({
    call: callId.toUpperCase().replace('.', '_'),
    microUsd: charged,
  }));
  const bill = [{ ...one, microUsd: 1 as MicroUsd }, { call: `${id}.nobody`, microUsd: usd(1) }, ...rest] as never;
  const { ok, findings } = await pipeline.verifyLedger(id, { bill });
  expect(ok).toBe(false);
  expect(findings).toMatchObject([
    { kind: 'billed-otherwise', ledger: STILL, other: 1 },
    { kind: 'not-billed', ledger: two?.microUsd, other: null },
    { kind: 'not-recorded', ledger: null, other: usd(1) },
  ]);
});

it('tells of a pool that is not what the log says', async () => {
  const { id, pipeline } = await filmed();
  const charge = { kind: 'charge', pool: `project/${id}`, callId: 'a call of nobody', amount: 5 } as const;
  await world.events.append({ batchId: 'by hand', projectId: id, events: [], holds: [charge] });
  const { findings, charged } = await pipeline.verifyLedger(id);
  expect(findings).toEqual([{ kind: 'pool', subject: `project/${id}`, ledger: charged, other: charged + 5 }]);
});

it.each([
  ['call,usd\n"a', 'as many cells'],
  ['call,usd\na,1,2', 'as many cells'],
  ['name,usd\na,1', 'a column call'],
  ['call,euro\na,1', 'a column call'],
  ['call,usd\na,much', 'line 2'],
  ['call,usd\na,', 'line 2'],
  ['call,micro_usd\na,1\nb,0.5', 'line 3'],
])('refuses the bill %j', async (bill, why) => {
  const pipeline = world.pipeline();
  const refused = pipeline.verifyLedger('any', { bill });
  await expect(refused).rejects.toThrow(InvalidBillError);
  await expect(refused).rejects.toThrow(why);
});
