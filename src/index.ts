export * from './errors/index.ts';
export { Pipeline, type RunOptions } from './pipeline.ts';
export type { EphemeralEvents, ErrorSource, EventMap } from './engine/listeners.ts';
export type { BreakerState } from './engine/breakers.ts';
export type { Limits, ModelLoad } from './engine/limits.ts';
export type { RetryOptions } from './engine/policy.ts';
export type { Project, RunResult } from './engine/project-result.ts';
export type { Plan, PlanStep } from './engine/plan.ts';
export type { GateName, StepKind } from './project/kinds.ts';
export type { Cost } from './money/estimate.ts';
export type { CreateOptions } from './engine/create.ts';
export type { PipelineOptions } from './engine/setup.ts';
export type { FilmHandle } from './engine/film-handle.ts';
export { formatUsd, usd } from './money/usd.ts';
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
export { DEFAULT_REMEDIES, type RemedyRecipe } from './project/remedies.ts';
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
  Provider,
  QueueLimits,
  QueueLoad,
  Task,
  TaskHandler,
  StitchRequest,
  Transition,
} from './spec/index.ts';
