// Makes a paper film in a process of its own: node tests/faults/paper-child.ts PLACE-AS-JSON [BARRIER]
// Creates the project where there is none. With a barrier it waits until that file is there. Prints `ready PID`, event types, errors that are logged; ends with
// `rest STATUS [REASON]`, or `error CODE OWNER`.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isVidpipeError, type Logger } from 'vidpipe';
import { hasty } from '../support/hasty-clock.ts';
import { settingsFor } from '../support/world.ts';
import { paperPipeline, type PaperPlace } from './paper-pipeline.ts';

const [place = '{}', barrier] = process.argv.slice(2);
const nothing = (): void => undefined;
const error: Logger['error'] = (_, message) => console.log(`logged ${message}`);
const pipeline = paperPipeline(JSON.parse(place) as PaperPlace, {
  clock: hasty,
  logger: { debug: nothing, info: nothing, warn: nothing, error },
});
pipeline.on('event', ({ type }) => console.log(type));
console.log(`ready ${process.pid}`);
while (barrier !== undefined && !existsSync(barrier)) await sleep(2);
try {
  const [known] = (await pipeline.list()).items;
  const id = known?.projectId ?? (await pipeline.create(settingsFor(2))).id;
  const { status, project } = await pipeline.run(id);
  console.log(`rest ${status} ${project.waiting?.reason ?? project.error?.code ?? ''}`.trimEnd());
} catch (failure) {
  if (!isVidpipeError(failure)) throw failure;
  console.log(`error ${failure.code} ${JSON.stringify(failure.details['owner'] ?? '')}`.trimEnd());
}
await pipeline.close();
