export * from './errors/index.ts';
export { Pipeline, type RunOptions } from './pipeline.ts';
export type { EphemeralEvents, EventMap } from './engine/listeners.ts';
export type { Project, RunResult } from './engine/project-result.ts';
export type { Plan, PlanStep } from './engine/plan.ts';
export type { GateName, StepKind } from './project/kinds.ts';
export type { Cost } from './money/estimate.ts';
export type { CreateOptions } from './engine/create.ts';
export type { PipelineOptions } from './engine/setup.ts';
export type { FilmHandle } from './engine/film-handle.ts';
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
  StepRef,
  StoppedOperation,
  Waiting,
  WritingFault,
} from './project/events.ts';
export { DEFAULT_REMEDIES, type RemedyRecipe } from './project/remedies.ts';
export type { CallFate } from './project/counters.ts';
export type { Eta } from './project/eta.ts';
export type { Duration, Metrics, ModelDay } from './project/metrics.ts';
export type { ProjectMoney, ProjectScene, ProjectStep, ProjectView } from './project/project.ts';
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
  AssetStore,
  Clock,
  Counters,
  CostModel,
  Digest,
  EventStore,
  Executor,
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
  TallyQuery,
  Task,
  TaskHandler,
  StitchRequest,
  Transition,
  WorkFile,
  WorkFiles,
  Usage,
} from './spec/index.ts';
