import { ACTS, type ActKind } from './acts.ts';

/** How a model of the world can be asked again about a submission whose answer was lost. */
export type Asking = 'key' | 'look-up' | 'neither';

/** What models make. */
export type Making = 'text' | 'image' | 'video';

/** Faults of any submission: before it is taken, on the way back, or in its outcome. */
const SUBMISSION_FAULTS = [
  'not-connected',
  'rate-limited',
  'rate-limited-bare',
  'refused',
  'error-not-taken',
  'reset-not-taken',
  'error-taken',
  'reset-taken',
  'no-answer',
  'late-answer',
  'failed',
  'failed-charged',
  'blocked',
  'blocked-charged',
  'blocked-output',
  'lost',
  'charge-unknown',
  'no-output',
  'empty-bytes',
  'flagged',
] as const;

/** Faults by what a model makes. */
export const MODEL_FAULTS = {
  text: [...SUBMISSION_FAULTS, 'not-json', 'wrong-count'],
  image: [...SUBMISSION_FAULTS, 'bad-bytes', 'wrong-size'],
  video: [
    ...SUBMISSION_FAULTS,
    'blocked-start-frame',
    'blocked-end-frame',
    'bad-bytes',
    'two-takes',
    'partial',
    'looks-fail',
    'looks-fail-often',
    'vanished',
    'overdue',
    'endless',
    'download-fails',
    'download-cut',
    'link-expired',
  ],
} as const;

/** Kind of a fault of a model. */
export type ModelFaultKind = (typeof MODEL_FAULTS)[Making][number];

/** The `nth` submission (from 1) that reaches the models of one making meets a fault. */
export interface ModelFault {
  readonly making: Making;
  readonly nth: number;
  readonly fault: ModelFaultKind;
}

/** Operations of stores that can fail. */
export const STORE_OPERATIONS = {
  events: ['append', 'read', 'lease', 'leaseOf', 'renew'],
  assets: ['put', 'get'],
  files: ['write'],
} as const;

/**
 * The `nth` operation (from 1) of a store fails: before it is done, or after it (`answer-lost`: it is done, nobody is told), `times` times in a row;
 * `null`: from then on, until the world is calm.
 */
export interface StoreFault {
  readonly operation: (typeof STORE_OPERATIONS)[keyof typeof STORE_OPERATIONS][number];
  readonly nth: number;
  readonly how: 'fails' | 'answer-lost';
  readonly times: number | null;
}

/** The process that passes the probe of this number (from 1) stops there for ever, or until `thawMs` have passed: it then goes on as if nothing had been. */
export interface Crash {
  readonly at: number;
  readonly thawMs: number | null;
}

/** No frozen process thaws later than this, milliseconds. */
export const LONGEST_THAW_MS = 15_000;

/** What somebody does from another process when the probe of this number is passed. */
export interface Act {
  readonly at: number;
  readonly what: ActKind;
}

/** Every kind of fault and of action, as `Simulated.happened` counts them. */
export const FAULT_KINDS: readonly string[] = [
  ...Object.entries(MODEL_FAULTS).flatMap(([making, faults]) => faults.map((fault) => `${making} ${fault}`)),
  ...Object.values(STORE_OPERATIONS)
    .flat()
    .flatMap((operation) => [`${operation} fails`, `${operation} answer-lost`]),
  'crash',
  'crash in recovery',
  'freeze',
  ...Object.keys(ACTS),
  'inspect refuses',
  'inspect throws',
  'cancelled',
  'approve',
  ...['charged', 'not-charged', 'resubmit', 'abandon'].map((answer) => `answer ${answer}`),
];
