import { afterEach, describe, expect, it } from 'vitest';
import type { RunResult } from 'vidpipe';
import { google } from 'vidpipe/providers/google';
import { paper } from 'vidpipe/testing';
import { providerOf, settingsFor, systemClock, worldPipeline } from '../../support/world.ts';
import { Cloud } from './cloud.ts';

const VEO = 'veo-3.1-generate-001';
const film = paper({ kind: 'video', width: 1280, height: 720, seconds: 4 });

let cloud: Cloud;
afterEach(() => cloud.close());

/** A film of one scene, its clip by Veo. */
async function filmed(deadlineMs: number, takes = 1): Promise<RunResult> {
  const { origin } = await cloud.listen();
  const veo = google({
    vertex: { project: 'proj', apiKey: 'key-of-vertex', bucket: 'films' },
    baseUrls: { vertex: origin, storage: origin },
    models: { [VEO]: { times: { typicalMs: 0, pollMs: 20, deadlineMs } } },
  });
  const clock = systemClock();
  const mock = providerOf({ clock, stillMs: 0 });
  await using pipeline = worldPipeline(clock, mock, { providers: [mock, veo] });
  const models = { text: 'mock:writer', image: 'mock:still', video: `google:${VEO}` } as const;
  const { id } = await pipeline.create(settingsFor(1, { models, takes }));
  return await pipeline.run(id);
}

const PAID = { charged: 2 * 20_000 + 4 * 400_000, held: 0, unknown: 0, superseded: 0 };

describe('a film with Veo', () => {
  it('is made of what lies in the bucket', async () => {
    cloud = new Cloud({ film, looks: 2 });
    const { status, project } = await filmed(60_000);
    expect([status, cloud.asked.length, cloud.billed, cloud.listings]).toEqual(['completed', 1, 1, 0]);
    expect(project.money).toMatchObject(PAID);
  });

  it('has several candidates of one call', async () => {
    cloud = new Cloud({ film, looks: 1 });
    const { status, project } = await filmed(60_000, 3);
    expect([status, cloud.asked.length, cloud.billed]).toEqual(['completed', 1, 1]);
    expect(project.money.charged).toBe(2 * 20_000 + 3 * 4 * 400_000);
  });

  it('finds a submission whose answer was lost by its folder: one bill, and nobody is asked', async () => {
    cloud = new Cloud({ film, loses: () => 'answer', looks: 4 });
    const { status, project } = await filmed(60_000);
    expect([status, cloud.asked.length, cloud.billed, cloud.listings]).toEqual(['completed', 1, 1, 4]);
    expect(project.money).toMatchObject(PAID);
  });

  it('sends a submission that never arrived again once nothing can come of it, to another folder', async () => {
    cloud = new Cloud({ film, loses: (nth) => (nth === 1 ? 'request' : null), looks: 1 });
    const { status, project } = await filmed(200);
    expect([status, cloud.asked.length, cloud.billed]).toEqual(['completed', 2, 1]);
    expect(new Set(cloud.asked).size).toBe(2);
    expect(project.money).toMatchObject(PAID);
  });
});
