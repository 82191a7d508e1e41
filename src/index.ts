export * from './errors/index.ts';
export { Pipeline } from './pipeline.ts';
export type { CloseOptions, RunOptions } from './engine/run-options.ts';
export type { StopOptions } from './engine/stop.ts';
export type { EphemeralEvents, ErrorSource, EventMap } from './engine/listeners.ts';
export type { BreakerState } from './engine/breakers.ts';
export type { AccountLoad, ActiveLimits, ProjectLoad } from './engine/admission.ts';
export type { Limits, ModelLoad } from './engine/limits.ts';
export type { RetryOptions } from './engine/policy.ts';
export type { Project, RunResult } from './engine/project-result.ts';
export type { Plan, PlanStep } from './engine/plan.ts';
export type { GateName, StepKind } from './project/kinds.ts';
export type { Cost } from './money/estimate.ts';
export type { CreateOptions } from './engine/create.ts';
export type { AssetHandle } from './engine/asset-handle.ts';
export type { ReviseOptions } from './engine/revise.ts';
export type { ForkOptions } from './engine/fork.ts';
export type { ImportOptions } from './engine/import.ts';
export { verifyArchive } from './engine/open-archive.ts';
export type { ArchivedArtifact, ArchivedAsset, ArchiveManifest } from './project/archive.ts';
export type { Provenance } from './project/provenance.ts';
export type { OpenCalls } from './project/bequest.ts';
export type {
  AwaitedCall,
  InheritedArtifact,
  InheritedHold,
  InheritedTake,
  InheritedRemedies,
  InheritedStep,
  Origin,
  Parent,
} from './project/inherited.ts';
export type { ProjectUsage } from './engine/census.ts';
export type { DeleteOptions } from './engine/delete.ts';
export type { QuotaOptions } from './engine/room.ts';
export type { SweepOptions, Swept } from './engine/sweep.ts';
export type { StorageUsage } from './engine/usage.ts';
export type { PipelineOptions } from './engine/setup.ts';
export type { FilmHandle } from './engine/film-handle.ts';
export { mediaInspector } from './media/index.ts';
export type { FfmpegOptions, MediaInspectorOptions } from './media/options.ts';
export { formatUsd, usd } from './money/usd.ts';
export type { Ledger, LedgerEntry, LedgerState, LedgerTotals } from './money/ledger.ts';
export { ledgerCsv } from './money/ledger-csv.ts';
export type { BilledCall, LedgerCheck, LedgerFinding } from './money/verify-ledger.ts';
export type { AccountLimit } from './money/accounts.ts';
export type { VerifyOptions } from './engine/ledger.ts';
export { catalogueCosts, type CostTerms } from './money/catalogue-costs.ts';
export type {
  EventBodies,
  EventType,
  FilterRefusal,
  MadeAsset,
  ProjectEvent,
  ReplacedReason,
  StepRef,
  StoppedOperation,
  Waiting,
  WritingFault,
} from './project/events.ts';
export type { CallFate } from './project/counters.ts';
export type { Eta } from './project/eta.ts';
export type { Duration, Metrics, ModelDay } from './project/metrics.ts';
export type { AssetEventBodies, BlockedBy } from './project/asset-events.ts';
export type { Blocking } from './project/bars.ts';
export type { CustomRemedies, CustomRemedy, RemedyChange, RemedyInput } from './project/custom-remedies.ts';
export { type AnyRemedy, DEFAULT_REMEDIES, type RemedyRecipe } from './project/remedies.ts';
export type { InheritedWork } from './project/inherited.ts';
export type { BlockedAsset, ProjectMoney, ProjectScene, ProjectStep, ProjectView } from './project/project.ts';
export type { Addition, Changes, Media, NewScene, Parts, SceneEdit, SettingsChange } from './project/changes/types.ts';
export type { ChangeBodies, EditedWords, TakeRef } from './project/change-events.ts';
export type { Part } from './project/held.ts';
export type { Take } from './project/takes.ts';
export type {
  FilmFormat,
  ModelChoice,
  OnRefused,
  OnUnknown,
  ProjectSettings,
  Ratio,
  Reference,
  Remedy,
  Resolution,
  SafetyOptions,
  Settings,
  StoredReference,
  Warning,
} from './project/settings.ts';
export type { LogStatus, ProjectStatus, RunEnd, StepStatus } from './project/status.ts';
export type { Character, Scene, SceneAudio, SceneWords, Storyboard, StyleGuide } from './project/storyboard.ts';
export type {
  Asset,
  AssetStore,
  Clock,
  Counters,
  CostModel,
  Digest,
  EventStore,
  Executor,
  Inspect,
  InspectContext,
  Logger,
  MediaTool,
  MicroUsd,
  ModelId,
  Page,
  Probe,
  ProjectQuery,
  ProjectSummary,
  Price,
  PriceRequest,
  Provider,
  QueueLimits,
  QueueLoad,
  Score,
  ScoreContext,
  TallyQuery,
  Task,
  TaskHandler,
  StitchRequest,
  Transition,
  WorkFile,
  WorkFiles,
  Usage,
  Verdict,
} from './spec/index.ts';
