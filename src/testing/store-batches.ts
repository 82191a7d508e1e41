import type { AppendBatch, EventStore, NewEvent, ProjectSummary } from 'vidpipe/storage';

/** One case of an event store. */
export type StoreTest = readonly [name: string, run: (store: EventStore) => Promise<void>];

/** An event of no project in particular. */
export const event = (body: unknown = {}): NewEvent => ({ type: 'test.happened', format: 1, body });

let serial = 0;

/** A batch under an id of its own. */
export function batch(projectId: string, given: Partial<AppendBatch> = {}): AppendBatch {
  serial += 1;
  return { batchId: `batch-${serial}`, projectId, events: [event({ serial })], ...given };
}

/** A summary whose age is the last figure of the id. */
export function summary(projectId: string, seq: number, given: Partial<ProjectSummary> = {}): ProjectSummary {
  const at = `2026-01-01T00:00:0${Number(projectId.at(-1)) % 10}.000Z`;
  return {
    projectId,
    seq,
    status: 'pending',
    prompt: '',
    createdAt: at,
    updatedAt: at,
    scenes: 0,
    charged: 0 as never,
    account: null,
    labels: {},
    ...given,
  };
}
