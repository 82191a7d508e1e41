/** Version of the tables below. A database with a newer one is refused, one with an older one is lifted by `MIGRATIONS`. */
export const SCHEMA_VERSION = 2;

/** What lifts a database from a version to the next, by the version that it has. */
export const MIGRATIONS: Readonly<Record<number, string>> = { 1: 'alter table projects add column counters text;' };

/** The tables of a SQL event store. */
export const SCHEMA = `
create table events (
  project_id text not null, seq integer not null, at text not null, type text not null, format integer not null, body text not null,
  primary key (project_id, seq)
) strict, without rowid;
create table batches (batch_id text primary key, project_id text not null, seq integer not null, at text not null) strict, without rowid;
create table projects (
  project_id text primary key, seq integer not null, at text not null, deleted integer not null default 0,
  folded_seq integer not null default 0, created_at text, status text, account text, labels text, summary text, counters text
) strict, without rowid;
create index projects_by_age on projects (created_at desc, project_id desc) where deleted = 0 and summary is not null;
create table pools (name text primary key, cap integer, held integer not null default 0, charged integer not null default 0) strict, without rowid;
create table holds (
  pool text not null, call_id text not null, held integer, charged integer, released integer not null default 0, primary key (pool, call_id)
) strict, without rowid;
create table leases (project_id text primary key, owner text not null, expires_at integer not null) strict, without rowid;
`;

/** Every statement of a SQL event store, with named parameters. */
export const STATEMENTS = {
  batch: 'select seq, at from batches where batch_id = :batchId',
  project: 'select seq, at, deleted from projects where project_id = :projectId',
  addProject:
    'insert into projects (project_id, seq, at) values (:projectId, :seq, :at) on conflict (project_id) do update set seq = :seq, at = :at',
  addBatch: 'insert into batches (batch_id, project_id, seq, at) values (:batchId, :projectId, :seq, :at)',
  addEvent:
    'insert into events (project_id, seq, at, type, format, body) values (:projectId, :seq, :at, :type, :format, :body)',
  summarise: `update projects set folded_seq = :seq, created_at = coalesce(created_at, :createdAt), status = :status, account = :account, labels = :labels, summary = :summary, counters = coalesce(:counters, counters)
    where project_id = :projectId and folded_seq < :seq`,
  read: 'select seq, at, type, format, body from events where project_id = :projectId and seq > :after order by seq',
  list: `select summary, created_at, project_id from projects where deleted = 0 and summary is not null
    and (:status is null or status = :status) and (:account is null or account = :account)
    and (:createdAt is null or (created_at, project_id) < (:createdAt, :projectId))
    and not exists (select 1 from json_each(:labels) wanted where not exists
      (select 1 from json_each(projects.labels) has where has.key = wanted.key and has.value = wanted.value))
    order by created_at desc, project_id desc limit :limit`,
  tally: `select counted.key as name, sum(counted.value) as value from projects, json_each(projects.counters) counted
    where deleted = 0 and counters is not null and (:account is null or account = :account)
    and (:from is null or created_at >= :from) and (:to is null or created_at < :to) group by counted.key`,
  lease: 'select owner, expires_at from leases where project_id = :projectId',
  setLease: `insert into leases (project_id, owner, expires_at) values (:projectId, :owner, :expiresAt)
    on conflict (project_id) do update set owner = :owner, expires_at = :expiresAt`,
  dropLease: 'delete from leases where project_id = :projectId and owner = :owner',
  pool: 'select name, cap, held, charged from pools where name = :name',
  addPool: 'insert into pools (name) values (:name) on conflict do nothing',
  capPool: 'update pools set cap = :cap where name = :name',
  movePool: 'update pools set held = held + :held, charged = charged + :charged where name = :name',
  hold: 'select held, charged, released from holds where pool = :pool and call_id = :callId',
  setHold: `insert into holds (pool, call_id, held, charged, released) values (:pool, :callId, :held, :charged, :released)
    on conflict (pool, call_id) do update set held = :held, charged = :charged, released = :released`,
  forgetEvents: 'delete from events where project_id = :projectId',
  forgetProject: 'update projects set deleted = 1, summary = null, counters = null where project_id = :projectId',
  forgetLease: 'delete from leases where project_id = :projectId',
} as const;
