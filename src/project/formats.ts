import { CorruptLogError, NewerFormatError } from '../errors/index.ts';
import type { NewEvent, StoredEvent } from '../spec/index.ts';
import type { EventDraft, EventType, ProjectEvent } from './events.ts';
import type { FilmFormat, Settings } from './settings.ts';
import { TRANSITIONS } from './transitions.ts';

type Upcast = (body: unknown) => unknown;

/** A film of format 1: all that stood in offered every length of the first. */
const withDurations: Upcast = (body) => {
  const created = body as { readonly film: Omit<FilmFormat, 'standInDurations'> };
  const { durations, standIns } = created.film;
  const standInDurations = Object.fromEntries(standIns.video.map((id) => [id, durations]));
  return { ...created, film: { ...created.film, standInDurations } };
};

/** A film of format 2: one candidate of each clip. */
const withTakes: Upcast = (body) => {
  const created = body as { readonly settings: Omit<Settings, 'takes'> };
  return { ...created, settings: { takes: 1, ...created.settings } };
};

/** Present format of each type, and how a body of the format before is lifted to it: entry 0 lifts format 1 to 2. */
const UPCASTS: Partial<Record<EventType, readonly Upcast[]>> = { 'project.created': [withDurations, withTakes] };

function isEventType(type: string): type is EventType {
  return Object.hasOwn(TRANSITIONS, type);
}

/** An event of the store in its present shape. Throws `NewerFormatError`, `CorruptLogError`. */
export function upcast(stored: StoredEvent): ProjectEvent {
  if (!isEventType(stored.type)) {
    throw new NewerFormatError({
      what: `The event ${stored.type} of ${stored.projectId}`,
      found: stored.format,
      known: 0,
    });
  }
  const lifts = UPCASTS[stored.type] ?? [];
  const known = lifts.length + 1;
  if (stored.format > known) {
    throw new NewerFormatError({
      what: `The event ${stored.type} of ${stored.projectId}`,
      found: stored.format,
      known,
    });
  }
  if (typeof stored.body !== 'object' || stored.body === null) {
    throw new CorruptLogError({
      what: `Event ${stored.seq} of ${stored.projectId}`,
      reason: 'its body is not an object',
    });
  }
  // The usual case, for every event of every log that is read.
  if (stored.format === known) return stored as ProjectEvent;
  const body = lifts.slice(stored.format - 1).reduce<unknown>((old, lift) => lift(old), stored.body);
  return { ...stored, format: known, body } as ProjectEvent;
}

/** A draft as the store takes it. */
export function storable(draft: EventDraft): NewEvent {
  return { type: draft.type, format: (UPCASTS[draft.type]?.length ?? 0) + 1, body: draft.body };
}
