import { z } from 'zod';
import { changesSchema, count } from '../project/changes/parse.ts';
import { GATES } from '../project/kinds.ts';
import { once } from '../project/once.ts';
import { labelsSchema, referenceSchema, settingsSchema } from '../project/settings-schema.ts';
import { LOG_STATUSES } from '../project/status.ts';
import { ownSceneSchema } from '../project/storyboard.ts';
import { LONGEST_LINK } from './links.ts';

const bytes = () =>
  z
    .base64()
    .min(1)
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .describe('The bytes of a PNG, JPEG or WebP picture in base64. A path is never taken.');

const references = () =>
  z
    .array(referenceSchema().extend({ image: bytes() }))
    .max(10)
    .optional();

/** What came as JSON is JSON; each provider checks its own. */
const options = () => z.record(z.string(), z.record(z.string(), z.unknown())).optional();

/** Settings as they come over HTTP: pictures as bytes, never as paths of this machine. */
export const settingsBody = once(() => settingsSchema().extend({ references: references(), options: options() }));

const settingsChange = () =>
  settingsBody()
    .omit({ storyboard: true, duration: true })
    .partial()
    .extend({ apply: z.enum(['all', 'missing']).optional() })
    .optional();

/** Changes as they come over HTTP, without supplied media, which have a route of their own. */
export const changesBody = once(() => {
  const schema = changesSchema(
    z.union([count().meta({ type: 'integer', minimum: 1 }), z.array(ownSceneSchema()).min(1)]),
  );
  const { add } = schema.shape;
  return schema.omit({ supply: true }).extend({
    settings: settingsChange(),
    add: z.union([count().meta({ type: 'integer', minimum: 1 }), add.unwrap()]).optional(),
  });
});

/** Body of a fork. */
export const forkBody = once(() =>
  z.strictObject({ changes: changesBody().optional(), openCalls: z.enum(['wait', 'buy']).optional() }).default({}),
);

/** Body of `expand`. */
export const expandBody = once(() =>
  z.strictObject({ scenes: z.int().min(1).max(1000), direction: z.string().max(2000).optional() }),
);

/** Body of `approve`. */
export const approveBody = once(() => z.strictObject({ gate: z.enum(GATES), digest: z.string().min(1).max(200) }));

/** Body of `run` and `resume`. */
export const runBody = once(() =>
  z
    .strictObject({
      partial: z.boolean().default(false),
      retry: z.literal('refused').optional(),
      deadlineMs: z.number().min(1).optional(),
    })
    .prefault({}),
);

/** Body of `stop`. */
export const stopBody = once(() => z.strictObject({ drain: z.boolean().optional() }).default({}));

/** Body of `resolve`. */
export const resolveBody = once(() =>
  z.strictObject({
    callId: z.string().min(1).max(200),
    outcome: z.enum(['charged', 'not-charged', 'resubmit', 'abandon']),
  }),
);

/** Digests of assets. */
export const DIGEST = /^sha256-[0-9a-f]{64}$/;

/** Body of `block`. */
export const blockBody = once(() =>
  z.strictObject({
    artifact: z.templateLiteral(['sha256-', z.string().regex(/^[0-9a-f]{64}$/)]),
    reason: z.string().min(1).max(2000),
  }),
);

/** Body of a request for a signed link. */
export const linkBody = once(() =>
  z
    .strictObject({
      seconds: z.int().min(1).max(LONGEST_LINK).optional().describe('How long it lives; 3600 where it is not given.'),
      download: z.string().min(1).max(200).optional().describe('Name of the download; shown in place without it.'),
    })
    .default({}),
);

const whole = (least: number) => z.coerce.number().int().min(least).max(Number.MAX_SAFE_INTEGER);
const text = (most = 500) => z.string().min(1).max(most).optional();

/** Query of a list. */
export const listQuery = once(() =>
  z.strictObject({
    limit: whole(1).max(200).optional().describe('Items of a page; 50 where it is not given.'),
    cursor: text(2000).describe('`next` of the page before.'),
    status: z.enum(LOG_STATUSES).optional(),
    account: text(200),
    label: z
      .array(z.string().regex(/^[^:]+:.*$/s, 'expected name:value'))
      .max(20)
      .transform((labels): object => Object.fromEntries(labels.map((label) => label.split(/:(.*)/s, 2))))
      .pipe(labelsSchema())
      .optional()
      .describe('`name:value`, as often as there are labels; projects that have them all.'),
  }),
);

/** Query of `metrics`. */
export const metricsQuery = once(() =>
  z.strictObject({
    account: text(200),
    from: z.iso.datetime().optional().describe('Projects created from then on.'),
    to: z.iso.datetime().optional().describe('Projects created before then.'),
  }),
);

/** Query of events. */
export const eventsQuery = once(() =>
  z.strictObject({
    after: whole(0).optional().describe('The last `seq` that is known; `Last-Event-ID` goes before it.'),
    limit: whole(1).max(200).optional().describe('Events of one page; for `application/json` only.'),
  }),
);

/** Query of a deletion. */
export const deleteQuery = once(() =>
  z.strictObject({ force: z.enum(['true', 'false']).optional().describe('Also while calls are open.') }),
);

/** Query of the film. */
export const filmQuery = once(() => z.strictObject({ download: text(200).describe('To be saved under this name.') }));

/** Query of bytes; the last three are those of a signed link. */
export const bytesQuery = once(() =>
  filmQuery().extend({
    expires: text(12),
    key: text(200),
    signature: text(200),
  }),
);
