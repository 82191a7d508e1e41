import { type EventBodies, type EventType, formatUsd, type Pipeline, type Project, type ProjectEvent } from 'vidpipe';
import { LiveView, type Progress } from './live.ts';
import { Names } from './names.ts';
import type { Output } from './output.ts';
import { eventsOf } from './overview.ts';

const REMEDIES = {
  seed: 'another seed',
  prefix: 'a careful prefix',
  frame: 'a new frame',
  rewrite: 'other words',
  model: 'the next model',
  custom: 'a remedy of your own',
  retake: 'another take',
} as const;

type Lines = { readonly [T in EventType]?: (body: EventBodies[T], names: Names) => string };

/** The line of each event that says something new to a person. */
const LINES: Lines = {
  'storyboard.written': ({ scenes }) => `storyboard: ${scenes.length} scenes are written`,
  'scenes.added': ({ scenes }) => `${scenes.length} more scenes are written`,
  'storyboard.faulted': ({ stepId, message }, names) => `${names.step(stepId)}: the reply can not be used (${message})`,
  'call.intended': ({ stepId, model }, names) => `${names.step(stepId)}: asking ${model}`,
  'call.rejected': ({ callId, reason }, names) => `${names.call(callId)}: not accepted (${reason})`,
  'call.unknown': ({ callId, reason }, names) => `${names.call(callId)}: nobody knows its outcome (${reason})`,
  'call.settled': ({ callId, outcome, charged, failure }, names) =>
    `${names.call(callId)}: ${outcome}, ${formatUsd(charged)}${failure === null ? '' : ` (${failure.message})`}`,
  'step.completed': ({ stepId }, names) => `${names.step(stepId)}: done`,
  'step.failed': ({ stepId, message }, names) => `${names.step(stepId)}: failed (${message})`,
  'remedy.applied': ({ stepId, askedBy, remedy, input, reasons }, names) =>
    stepId === askedBy
      ? `${names.step(stepId)}: refused for its ${input} (${reasons.join(', ')}); trying ${REMEDIES[remedy.kind]}`
      : `${names.step(stepId)}: drawn anew for ${names.step(askedBy)}`,
  'remedy.ineffective': ({ stepId, why }, names) => `${names.step(stepId)}: that has not helped (${why})`,
  'remedy.rewritten': ({ target }, names) => `${names.step(target)}: its prompt is written anew`,
  'step.refused': ({ stepId, reasons, codes }, names) =>
    `${names.step(stepId)}: refused (${[...reasons, ...codes].join(', ')})`,
  'artifact.blocked': ({ stepId, reasons }, names) => `${names.step(stepId)}: blocked (${reasons.join(', ')})`,
  'run.crashed': ({ message }) => `the run broke off: ${message}`,
};

function lineOf({ type, body }: ProjectEvent, names: Names): string | null {
  const say = LINES[type] as ((body: object, names: Names) => string) | undefined;
  return say?.(body, names) ?? null;
}

/** An event for programs. The handle is the provider's own affair, and may hold a key. */
function publicEvent(event: ProjectEvent): object {
  return event.type === 'call.submitted' ? { ...event, body: { callId: event.body.callId } } : event;
}

/** Shows a run: a live view on a terminal, plain lines in a pipe, events with `--json`. */
export async function showProgress(pipeline: Pipeline, project: Project, output: Output): Promise<Progress> {
  if (output.live) return LiveView.open(pipeline, project.id, output);
  const names = new Names();
  for await (const event of eventsOf(pipeline, project)) names.learn(event);
  const listener = (event: ProjectEvent): void => {
    names.learn(event);
    output.tell(publicEvent(event));
    const line = lineOf(event, names);
    if (line !== null) output.say(line.replaceAll('\n', ' '));
  };
  pipeline.on('event', listener);
  return {
    note: (text) => output.note(text),
    end: () => {
      pipeline.off('event', listener);
      return Promise.resolve();
    },
  };
}
