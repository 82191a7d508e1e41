export { assetStoreCases } from './asset-store-cases.ts';
export { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';
export { costModelCases, type CostSubject } from './cost-model-cases.ts';
export { type OptionalStoreMethod, eventStoreCases } from './event-store-cases.ts';
export { executorCases } from './executor-cases.ts';
export type { GoogleFault, GoogleRequest, ScriptedFault } from './google/faults.ts';
export type { GoogleBill, GoogleUsage } from './google/ledger.ts';
export { loopbackGoogle, type LoopbackGoogle, type LoopbackOptions } from './google/loopback.ts';
export type { GooglePrice, GooglePrices } from './google/prices.ts';
export type { LoggedRequest } from './google/service.ts';
export {
  type ServeOptions,
  serveWeb,
  type SocketFault,
  type WebHandler,
  type WebServer,
  withFault,
} from './google/serve.ts';
export { FakeStorage, type FakeStorageOptions, type StorageFault, type StorageRequest } from './google/storage.ts';
export type { StorageAction } from './google/storage-routes.ts';
export type { ObjectFields, ObjectResource } from './google/storage-objects.ts';
export type { SigningCredentials } from './google/storage-signing.ts';
export { imageModelCases } from './image-model-cases.ts';
export { mockCostModel, mockImageModel, mockTextModel, mockVideoModel, type MockCall, type Recorded } from './mocks.ts';
export type { ModelCapability, ModelSubject, VideoCapability, VideoSubject } from './model-subject.ts';
export { textModelCases } from './text-model-cases.ts';
export { videoModelCases } from './video-model-cases.ts';
export { VirtualClock } from './virtual-clock.ts';
export { paper, paperMedia, type PaperFacts } from './world/paper.ts';
export { checkProject, type CheckSubject } from './world/check.ts';
export type { Act, Asking, Crash, Making, ModelFault, ModelFaultKind, StoreFault } from './world/faults.ts';
export { type ActKind, ACTS, type Stage } from './world/acts.ts';
export { FAULT_KINDS, LONGEST_THAW_MS, MODEL_FAULTS, STORE_OPERATIONS } from './world/faults.ts';
export { type Askings, worldProvider, type WorldModels } from './world/models.ts';
export { SimulatedProcess, type OnProbe } from './world/process.ts';
export { SeededRandom } from './world/random.ts';
export { quietScript, randomScript, type Script } from './world/script.ts';
export { shrink } from './world/shrink.ts';
export type { Made } from './world/replies.ts';
export { type ServiceOptions, type SimulatedBill, SimulatedService } from './world/service.ts';
export { simulate, type Simulated } from './world/simulate.ts';
export { type OnFault, StoreFaults } from './world/stores.ts';
export {
  type MakeStores,
  type OwnService,
  type Running,
  SimulatedWorld,
  type WorldOptions,
  type WorldStores,
} from './world/world.ts';
export type { Ledgers } from './world/check-money.ts';
export type { AssetCapability } from './asset-capabilities.ts';
