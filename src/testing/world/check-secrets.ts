import type { Project, ProjectEvent, ProjectSummary } from 'vidpipe';

/** An event without the provider's own reference, which is stored to be given back to it. */
function withoutHandle(event: ProjectEvent): unknown {
  return event.type === 'call.submitted' ? { ...event, body: { callId: event.body.callId } } : event;
}

/** I9: no secret stands in an event, in what is shown of a project, in a log or in an error. A handle may hold one; it is in its own event only. */
export function checkSecrets(
  events: readonly ProjectEvent[],
  shown: readonly (Project | ProjectSummary | undefined)[],
  secrets: readonly string[],
  told: Iterable<string>,
): string[] {
  const log = JSON.stringify(events.map(withoutHandle));
  const texts: [string, string][] = [
    ['an event', log],
    ['what is shown of the project', JSON.stringify(shown)],
    ['a log or an error', [...told].join('\n')],
  ];
  return secrets.flatMap((secret) =>
    texts.flatMap(([where, text]) => (text.includes(secret) ? [`I9: a secret (${secret}) stands in ${where}`] : [])),
  );
}
