export { assetStoreCases } from './asset-store-cases.ts';
export { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';
export { eventStoreCases } from './event-store-cases.ts';
export {
  type ServeOptions,
  serveWeb,
  type SocketFault,
  type WebHandler,
  type WebServer,
  withFault,
} from './google/serve.ts';
export { mockCostModel, mockImageModel, mockTextModel, mockVideoModel, type MockCall, type Recorded } from './mocks.ts';
export { VirtualClock } from './virtual-clock.ts';
