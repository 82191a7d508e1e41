export { announcedBytes, AssetCorruptError, checkedBytes } from './errors/asset-corrupt-error.ts';
export { AssetNotFoundError } from './errors/asset-not-found-error.ts';
export { CloudStorageError } from './errors/cloud-storage-error.ts';
export { CorruptLogError } from './errors/corrupt-log-error.ts';
export { DatabaseSetupError } from './errors/database-setup-error.ts';
export { EventStoreError } from './errors/event-store-error.ts';
export { ForeignDatabaseError } from './errors/foreign-database-error.ts';
export { assertDigest, InvalidDigestError } from './errors/invalid-digest-error.ts';
export { InvalidSettingsError } from './errors/invalid-settings-error.ts';
export { LeaseHeldError } from './errors/lease-held-error.ts';
export { MissingPackageError } from './errors/missing-package-error.ts';
export { NewerFormatError } from './errors/newer-format-error.ts';
export { PoolFullError } from './errors/pool-full-error.ts';
export { ProjectDeletedError } from './errors/project-deleted-error.ts';
export { RangeNotSatisfiableError, satisfiedRange } from './errors/range-not-satisfiable-error.ts';
export { SeqConflictError } from './errors/seq-conflict-error.ts';
export { freeBytes } from './engine/free-bytes.ts';
export { Followers } from './sql/followers.ts';
export { changedHold, type HoldChanged, type HoldState } from './sql/holds.ts';
export { POSTGRES_MIGRATIONS, POSTGRES_STATEMENTS } from './sql/postgres.ts';
export { eventsOf, pageAsked, pageOf, type SqlRow } from './sql/rows.ts';
export { MIGRATIONS, SCHEMA, SCHEMA_VERSION, STATEMENTS } from './sql/statements.ts';
export { isVidpipeError } from './errors/vidpipe-error.ts';
export type { Asset, AssetStore, ByteRange, Digest, StoredAsset } from './spec/assets.ts';
export type {
  AppendBatch,
  Appended,
  Counters,
  EventStore,
  HoldChange,
  Lease,
  LeaseState,
  NewEvent,
  Page,
  PoolState,
  ProjectQuery,
  ProjectSummary,
  StoredEvent,
  TallyQuery,
} from './spec/events.ts';
