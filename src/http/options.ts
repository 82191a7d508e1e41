import { z } from 'zod';
import { InvalidSettingsError } from '../errors/index.ts';
import type { Pipeline } from '../pipeline.ts';
import { once } from '../project/once.ts';
import { issuesOf } from '../project/settings-schema.ts';
import type { Logger } from '../spec/index.ts';
import type { Authorize } from './authorize.ts';
import { corsIssues, type CorsOptions, warnOfLocal } from './cors.ts';
import { type HttpLimits, LIMITS, Rate, Slots } from './limits.ts';
import { linkIssues, type LinkOptions } from './links.ts';

// #region options
/** What a handler is made of, beside its pipeline. */
export interface HandlerOptions {
  /** Says what each request may do. A handler can not see who is connected, so there is no default; `serve` knows one for the local machine. */
  readonly authorize: Authorize;
  /** Path that all routes are under, as the handler sees it. @default none */
  readonly basePath?: string;
  /** Pages of other origins that may call. @default none */
  readonly cors?: CorsOptions;
  /** Keys of signed links to assets. @default there are no such links */
  readonly links?: LinkOptions;
  /**
   * Assets are served by a link of the store that lives so many seconds, at most 3600, where the store makes links. What is blocked meanwhile can be
   * read by that link until it ends, and the store sets the headers. @default 0: the handler serves them itself
   */
  readonly redirectSeconds?: number;
  /** @default see `HttpLimits` */
  readonly limits?: Partial<HttpLimits>;
  /** Where this package's `docs` folder is to be read, for the `type` of problems; ends with a slash. @default a `urn:` */
  readonly docs?: string;
  /** Its abort ends all event streams, as a server that closes needs it. @default none */
  readonly signal?: AbortSignal;
  /** Told of errors that clients see as a 5xx only. @default none */
  readonly logger?: Logger;
}
// #endregion

const given = <T>(type: string) =>
  z.custom<T>((value) => typeof value === type && value !== null, `expected ${type === 'object' ? 'an' : 'a'} ${type}`);
const positive = () => z.int().min(1);

const optionsSchema = once(() =>
  z.strictObject({
    authorize: given<Authorize>('function'),
    basePath: z
      .string()
      .regex(/^(\/[\w.~-]+)+$/, 'expected a path as /films, without a slash at its end')
      .optional(),
    cors: z.strictObject({ origins: z.array(z.string()), credentials: z.boolean().optional() }).optional(),
    links: z.strictObject({ keys: z.record(z.string(), z.string()), current: z.string() }).optional(),
    redirectSeconds: z.int().min(0).max(3600).optional(),
    limits: z
      .strictObject({
        bodyBytes: positive(),
        uploadBytes: positive(),
        depth: positive(),
        page: positive().max(200),
        streams: positive(),
        streamsPerProject: positive(),
        heartbeatMs: positive(),
        stallMs: positive(),
        rate: z.strictObject({
          requests: positive(),
          seconds: z.number().positive(),
          client: given<(request: Request) => string>('function'),
        }),
      })
      .partial()
      .optional(),
    docs: z.url().endsWith('/').optional(),
    signal: given<AbortSignal>('object').optional(),
    logger: given<Logger>('object').optional(),
  }),
);

/** Throws `InvalidSettingsError` that lists every fault. */
function assertOptions(options: HandlerOptions): void {
  const result = optionsSchema().safeParse(options);
  if (!result.success) throw new InvalidSettingsError({ issues: issuesOf(result.error, options, 'options') });
  const { cors, links } = options;
  const issues = [...(cors === undefined ? [] : corsIssues(cors)), ...(links === undefined ? [] : linkIssues(links))];
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
}

/** What routes are done with. */
export interface Service extends Omit<HandlerOptions, 'limits'> {
  readonly pipeline: Pipeline;
  readonly limits: HttpLimits;
  readonly slots: Slots;
  readonly rate: Rate | null;
}

/** Checks the options. Throws `InvalidSettingsError`. */
export function serviceOf(pipeline: Pipeline, options: HandlerOptions): Service {
  assertOptions(options);
  const limits = { ...LIMITS, ...options.limits };
  if (options.cors !== undefined && options.logger !== undefined) warnOfLocal(options.cors, options.logger);
  const rate = limits.rate === undefined ? null : new Rate(limits.rate);
  return { ...options, pipeline, limits, slots: new Slots(limits), rate };
}
