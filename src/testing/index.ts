export { assetStoreCases } from './asset-store-cases.ts';
export { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';
export { eventStoreCases } from './event-store-cases.ts';
export { executorCases } from './executor-cases.ts';
export { mockCostModel, mockImageModel, mockTextModel, mockVideoModel, type MockCall, type Recorded } from './mocks.ts';
export { VirtualClock } from './virtual-clock.ts';
