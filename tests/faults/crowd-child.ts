// Runs all projects of a database in a process of its own: node tests/faults/crowd-child.ts PLACE-AS-JSON BARRIER
// Its share, of which CROWD (`NTH/OF`) is the number, at once, then at once those that others begin with.
// Prints `ready PID`, and when the file BARRIER is there, for each project `rest STATUS REASON` or `error CODE`; ends with `done`.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isVidpipeError } from 'vidpipe';
import { hasty } from '../support/hasty-clock.ts';
import { paperPipeline, type PaperPlace } from './paper-pipeline.ts';

async function run(id: string): Promise<void> {
  try {
    const { status, project } = await pipeline.run(id);
    console.log(`rest ${status} ${project.waiting?.reason ?? project.error?.code ?? ''}`.trimEnd());
  } catch (failure) {
    if (!isVidpipeError(failure)) throw failure;
    console.log(`error ${failure.code}`);
  }
}

const [place = '{}', barrier = ''] = process.argv.slice(2);
const pipeline = paperPipeline(JSON.parse(place) as PaperPlace, { clock: hasty });
const [nth = 0, of = 1] = (process.env['CROWD'] ?? '').split('/').map(Number);
const { items } = await pipeline.list({ limit: 200 });
console.log(`ready ${process.pid}`);
while (!existsSync(barrier)) await sleep(2);
const isMine = (_: unknown, at: number): boolean => at % of === nth;
const shares = [items.filter(isMine), items.filter((item, at) => !isMine(item, at))];
for (const share of shares) await Promise.all(share.map(({ projectId }) => run(projectId)));
await pipeline.close();
console.log('done');
