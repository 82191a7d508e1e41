import type { KnownStep } from '../project/steps.ts';
import { answerBlock } from '../stages/remedies.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { readyStep, refOf } from './wanted.ts';

/** Appends what follows from a filter's refusal, unless something has overtaken it. What a remedy asks for is then a step as any other. */
export async function decideBlock(
  { remedies: custom }: EngineContext,
  log: ProjectLog,
  run: string,
  step: KnownStep,
): Promise<'again'> {
  await log.decide((state) => {
    const now = readyStep(state, run, refOf(step));
    return now === undefined ? null : { events: answerBlock(state, { run, custom }, now) };
  });
  return 'again';
}
