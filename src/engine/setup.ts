import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidSettingsError, UnknownModelError } from '../errors/index.ts';
import { ffmpegTool } from '../media/index.ts';
import type { AccountLimit } from '../money/accounts.ts';
import { catalogueCosts } from '../money/catalogue-costs.ts';
import type { ProjectEvent } from '../project/events.ts';
import type { CustomRemedies } from '../project/custom-remedies.ts';
import { type Catalogue, nearestModel } from '../project/choose-models.ts';
import type {
  AssetStore,
  Clock,
  CostModel,
  EventStore,
  Executor,
  Inspect,
  Logger,
  MediaTool,
  ModelEntry,
  ModelId,
  Provider,
  Score,
  WorkFiles,
} from '../spec/index.ts';
import { activeLimits } from './admission.ts';
import { systemClock } from './clock.ts';
import { Breakers } from './breakers.ts';
import type { EngineContext, UsableModel } from './context.ts';
import { discreet } from './discreet.ts';
import { thisOwner } from './owner.ts';
import { type QuotaOptions, Room, type RoomLimits } from './room.ts';
import { type RetryOptions, retryPolicy } from './policy.ts';
import { PoolNews } from './pool-news.ts';
import { Spool } from './spool.ts';

// #region options
/** What a pipeline is made of. */
export interface PipelineOptions {
  /** Sources of models, each id once; the first model of a kind is that kind's default. */
  readonly providers: readonly Provider[];
  /** Where logs, pools and leases live. */
  readonly events: EventStore;
  /** Where all bytes live. */
  readonly assets: AssetStore;
  /** Prices of calls. @default the providers' own catalogues */
  readonly costs?: CostModel;
  /** What accounts may spend, by the account of projects; an account that is not named here has the cap that its pool has in the store, or none. @default none */
  readonly accounts?: Readonly<Record<string, AccountLimit>>;
  /**
   * Most projects that run at once in this process; others wait for their turn (docs/guide.md, "Many projects"). Each one reads its log four times a second,
   * and more of them than models take steps at once make nothing faster. @default 100
   */
  readonly maxActive?: number;
  /** Most projects of one account that run at once; those without an account are one. @default maxActive */
  readonly maxActivePerAccount?: number;
  /** ffmpeg and ffprobe. @default those of FFMPEG_PATH, FFPROBE_PATH or PATH */
  readonly media?: MediaTool;
  /** Looks at each still and clip before it is used (docs/safety.md); `mediaInspector()` is one. @default none */
  readonly inspect?: Inspect;
  /** How long `inspect` may take for one take, milliseconds; it is asked three times. @default 120000 */
  readonly inspectTimeoutMs?: number;
  /** Says how good each candidate of a clip is, where there is more than one; the best is used (docs/changes.md). @default none: the newest */
  readonly score?: Score;
  /** How long `score` may take for one candidate, milliseconds; one that takes longer has no score. @default 120000 */
  readonly scoreTimeoutMs?: number;
  /** Remedies of your own, by the names that `safety.remedies` gives them. @default none */
  readonly remedies?: CustomRemedies;
  /** Folder for bytes under way; what killed processes left in it is removed. @default a folder of the system's temporary one */
  readonly workDir?: string;
  /**
   * Bytes that must be free for the asset store, the database and the work folder before anything is bought, where they can say; below it runs wait
   * (`storage`). The default is room for what some ten calls at once bring, 10 MB each, in the work folder and in the store. 0: not looked for.
   * @default 268435456 (256 MiB)
   */
  readonly minFreeBytes?: number;
  /** Most bytes that may be stored, in all and by account. It is measured at most once a minute, so what is bought meanwhile comes on top. @default no limit */
  readonly quota?: QuotaOptions;
  /** What its files are written and read with, for tests. @default the machine's */
  readonly files?: WorkFiles;
  /** Structured logging. @default none */
  readonly logger?: Logger;
  /** Time, for tests. @default the machine's */
  readonly clock?: Clock;
  /** What requests and downloads go through; it is then yours to check where result links lead. @default the global one, and one that checks for downloads */
  readonly fetch?: typeof fetch;
  /** How long a lost driver keeps its project, milliseconds. @default 15000 */
  readonly leaseMs?: number;
  /** How long failing models are borne with. @default see `RetryOptions` */
  readonly retry?: RetryOptions;
  /** Numbers from 0 to below 1 that ids and the jitter of waits are made of, for tests. @default the machine's */
  readonly random?: () => number;
  /** Names this process in leases, no other has the name; for tests. @default one that other processes of the machine can tell dead */
  readonly owner?: string;
}
// #endregion

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function catalogueOf(providers: readonly Provider[]): Catalogue {
  return new Map(
    providers.flatMap((provider) =>
      provider.catalogue.map((entry): [ModelId, ModelEntry] => [`${provider.id}:${entry.id}`, entry]),
    ),
  );
}

function modelsOf(providers: readonly Provider[], catalogue: Catalogue): (id: ModelId) => UsableModel {
  return (id) => {
    const at = id.indexOf(':');
    const provider = providers.find((each) => each.id === id.slice(0, at));
    const entry = catalogue.get(id);
    if (provider === undefined || entry === undefined) {
      const hint = provider?.elsewhere?.[id.slice(at + 1)];
      throw new UnknownModelError({ model: id, nearest: nearestModel(catalogue, id), hint });
    }
    return { id, entry, model: discreet(provider.model(id.slice(at + 1))), downloads: provider.downloads };
  };
}

function optionChecks(providers: readonly Provider[]): EngineContext['optionIssues'] {
  return (id, options) => {
    const provider = providers.find((each) => each.id === id);
    if (provider === undefined)
      return [`no provider has this id; there are ${providers.map((each) => each.id).join(', ')}`];
    return provider.optionIssues?.(options) ?? ['this provider takes no options'];
  };
}

/** Throws `InvalidSettingsError` for caps that are none. */
function accountsOf(accounts: Readonly<Record<string, AccountLimit>>): EngineContext['accounts'] {
  const issues = Object.entries(accounts).flatMap(([name, { cap, per }]) => [
    ...(Number.isSafeInteger(cap) && cap >= 0 ? [] : [`accounts.${name}.cap: expected an amount made by usd()`]),
    ...(per === undefined || per === 'day' || per === 'month' ? [] : [`accounts.${name}.per: expected day or month`]),
  ]);
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  return accounts;
}

const MIN_FREE_BYTES = 256 * 1024 ** 2;

/** Throws `InvalidSettingsError` for limits that are none. */
function limitsOf({ minFreeBytes = MIN_FREE_BYTES, quota = {} }: PipelineOptions): RoomLimits {
  const { total, accounts = {}, ...others } = quota;
  const named = { minFreeBytes, 'quota.total': total ?? 0 };
  const byAccount = Object.entries(accounts).map(([name, bytes]) => [`quota.accounts.${name}`, bytes] as const);
  const issues = [
    ...[...Object.entries(named), ...byAccount].flatMap(([name, bytes]) =>
      Number.isSafeInteger(bytes) && bytes >= 0 ? [] : [`${name}: expected whole bytes from 0, got ${String(bytes)}`],
    ),
    ...Object.keys(others).map((name) => `quota.${name}: there is no such option`),
  ];
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  return { minFreeBytes, quota };
}

function idOf(random: () => number): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
}

/** What the user's own functions are. */
function hooksOf({
  inspect,
  inspectTimeoutMs = 120_000,
  score,
  scoreTimeoutMs = 120_000,
  remedies = {},
}: PipelineOptions): Pick<EngineContext, 'inspect' | 'inspectTimeoutMs' | 'score' | 'scoreTimeoutMs' | 'remedies'> {
  return { inspect, inspectTimeoutMs, score, scoreTimeoutMs, remedies };
}

/** The options that can be wrong. Throws `InvalidSettingsError`. */
function checked(options: PipelineOptions): Pick<EngineContext, 'accounts' | 'active' | 'retry'> {
  return {
    accounts: accountsOf(options.accounts ?? {}),
    active: activeLimits(options),
    retry: retryPolicy(options.retry),
  };
}

/** What the outside world is told. */
export interface Outlets {
  emit(event: ProjectEvent): void;
  tick(projectId: string, stepId: string, progress: number | null): void;
}

/** The engine's context of a pipeline's options. Inert: nothing is opened. */
export function contextOf(
  options: PipelineOptions,
  executor: (clock: Clock, logger: Logger) => Executor,
  outlets: Outlets,
): EngineContext {
  const { providers, events, assets, clock = systemClock, logger = silent, random = Math.random } = options;
  const catalogue = catalogueOf(providers);
  const room = new Room(limitsOf(options));
  const limits = checked(options);
  const context: EngineContext = {
    events,
    assets,
    clock,
    catalogue,
    ...outlets,
    ...limits,
    costs: options.costs ?? catalogueCosts(providers),
    media: options.media ?? ffmpegTool(),
    executor: executor(clock, logger),
    logger,
    spool: new Spool(options.workDir ?? join(tmpdir(), 'vidpipe'), options.files),
    fetch: options.fetch ?? fetch,
    downloadFetch: options.fetch,
    owner: options.owner ?? thisOwner(),
    leaseMs: options.leaseMs ?? 15_000,
    ...hooksOf(options),
    breakers: new Breakers(clock, logger, random, limits.retry),
    freed: new PoolNews(),
    closing: new AbortController(),
    random,
    newId: options.random === undefined ? randomUUID : () => idOf(random),
    model: modelsOf(providers, catalogue),
    optionIssues: optionChecks(providers),
    lacksRoom: (account) => room.fault(context, account),
  };
  return context;
}
