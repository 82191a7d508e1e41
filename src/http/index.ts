export { createHandler, type Handler } from './handler.ts';
export type { HandlerOptions } from './options.ts';
export type { Action, Authorize, Subject } from './authorize.ts';
export type { CorsOptions } from './cors.ts';
export type { HttpLimits, RateLimit } from './limits.ts';
export type { LinkOptions } from './links.ts';
export type { Problem } from './problem.ts';
export { local, type Local } from './local.ts';
export { type NodeHandler, serve, type Served, type ServeOptions, toNodeHandler } from './serve.ts';
