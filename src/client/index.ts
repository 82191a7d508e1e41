export { ApiError } from './api-error.ts';
export { type Client, createClient } from './client.ts';
export type { ClientChanges, ClientReference, ClientSettings, EventPage, IfSeq, Model } from './sent.ts';
export type { ClientOptions } from './transport.ts';
export type { ClientEvent, Progress, WatchOptions } from './watch.ts';
