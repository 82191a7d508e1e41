import { STATEMENTS } from './statements.ts';

/**
 * What lifts a schema of PostgreSQL from a version to the next, by the version that it has; 0 is an empty one. The tables mean what those of
 * `SCHEMA` do. Texts compare by their bytes, as in SQLite; `project_labels` is what lists by a label walk along.
 */
export const POSTGRES_MIGRATIONS: readonly string[] = [
  `
create table events (
  project_id text collate "C" not null, seq bigint not null, at text not null, type text not null, format integer not null, body text not null,
  primary key (project_id, seq)
);
create table batches (batch_id text collate "C" primary key, project_id text not null, seq bigint not null, at text not null);
create table projects (
  project_id text collate "C" primary key, seq bigint not null, at text collate "C" not null, deleted integer not null default 0,
  folded_seq bigint not null default 0, created_at text collate "C", status text collate "C", account text collate "C", labels text, summary text, counters text
) with (fillfactor = 70);
create index projects_by_age on projects (created_at desc, project_id desc) where deleted = 0 and summary is not null;
create index projects_by_status on projects (status, created_at desc, project_id desc) where deleted = 0 and summary is not null;
create index projects_by_account on projects (account, created_at desc, project_id desc) where deleted = 0 and summary is not null;
create index projects_by_both on projects (account, status, created_at desc, project_id desc) where deleted = 0 and summary is not null;
create table project_labels (
  project_id text collate "C" not null, key text collate "C" not null, value text collate "C" not null, created_at text collate "C" not null, primary key (project_id, key)
);
create index projects_by_label on project_labels (key, value, created_at desc, project_id desc);
create table pools (
  name text collate "C" primary key, cap bigint, held bigint not null default 0, charged bigint not null default 0
) with (fillfactor = 50);
create table holds (
  pool text collate "C" not null, call_id text collate "C" not null, held bigint, charged bigint, released integer not null default 0, primary key (pool, call_id)
);
create table leases (project_id text collate "C" primary key, owner text collate "C" not null, expires_at bigint not null) with (fillfactor = 50);
`,
];

/** The server's clock unless `now` is given, milliseconds. Not `now()`, which is when the transaction began. */
const NOW = 'coalesce(:now::bigint, floor(extract(epoch from clock_timestamp()) * 1000)::bigint)';

const ADD = `with added as (
    insert into events (project_id, seq, at, type, format, body)
    select :projectId, :last::bigint + given.nth, :at, given.type, given.format, given.body
    from unnest(:types::text[], :formats::integer[], :bodies::text[]) with ordinality as given (type, format, body, nth)
  ), noted as (
    insert into batches (batch_id, project_id, seq, at) values (:batchId, :projectId, :seq, :at)
  )`;

const LISTED = `p.deleted = 0 and p.summary is not null
    and (:status::text is null or p.status = :status) and (:account::text is null or p.account = :account)`;

const { addBatch, read, pool, dropLease, forgetEvents, forgetProject, forgetLease } = STATEMENTS;

/** Every statement of an event store in PostgreSQL, with named parameters: the number of them in an append does not grow with its batch. */
export const POSTGRES_STATEMENTS = {
  addBatch,
  read,
  pool,
  dropLease,
  forgetEvents,
  forgetProject,
  forgetLease,
  stand: `select b.seq as batch_seq, b.at as batch_at, p.seq, p.at, p.deleted, p.folded_seq, p.created_at, p.labels, ${NOW} as now
    from (select 1) as one left join batches b on b.batch_id = :batchId left join projects p on p.project_id = :projectId`,
  add: `${ADD} insert into projects (project_id, seq, at) values (:projectId, :seq, :at)
    on conflict (project_id) do update set seq = excluded.seq, at = excluded.at`,
  addSummarised: `${ADD} insert into projects (project_id, seq, at, folded_seq, created_at, status, account, labels, summary, counters)
    values (:projectId, :seq, :at, :foldedSeq, :createdAt, :status, :account, :labels, :summary, :counters)
    on conflict (project_id) do update set seq = excluded.seq, at = excluded.at, folded_seq = excluded.folded_seq,
      created_at = coalesce(projects.created_at, excluded.created_at), status = excluded.status, account = excluded.account,
      labels = excluded.labels, summary = excluded.summary, counters = coalesce(excluded.counters, projects.counters)`,
  forgetLabels: 'delete from project_labels where project_id = :projectId',
  label: `insert into project_labels (project_id, key, value, created_at)
    select :projectId, given.key, given.value, :createdAt from unnest(:keys::text[], :values::text[]) as given (key, value)`,
  list: `select p.summary, p.created_at, p.project_id from projects p where ${LISTED}
    and (:createdAt::text is null or (p.created_at, p.project_id) < (:createdAt, :projectId))
    order by p.created_at desc, p.project_id desc limit :limit`,
  listLabelled: `select p.summary, l.created_at, l.project_id from project_labels l join projects p on p.project_id = l.project_id
    where l.key = :key and l.value = :value and ${LISTED}
    and (:createdAt::text is null or (l.created_at, l.project_id) < (:createdAt, :projectId))
    and not exists (select 1 from unnest(:keys::text[], :values::text[]) as wanted (key, value) where not exists
      (select 1 from project_labels has where has.project_id = l.project_id and has.key = wanted.key and has.value = wanted.value))
    order by l.created_at desc, l.project_id desc limit :limit`,
  tally: `select counted.key as name, sum(counted.value::bigint) as value from projects p, json_each_text(p.counters::json) counted
    where p.deleted = 0 and p.summary is not null and p.counters is not null and (:account::text is null or p.account = :account)
    and (:from::text is null or p.created_at >= :from) and (:to::text is null or p.created_at < :to) group by counted.key`,
  lease: `select owner, expires_at, ${NOW} as now from leases where project_id = :projectId`,
  takeLease: `insert into leases (project_id, owner, expires_at) values (:projectId, :owner, ${NOW} + :ttlMs::bigint)
    on conflict (project_id) do update set owner = excluded.owner, expires_at = excluded.expires_at
    where leases.owner = excluded.owner or leases.expires_at <= ${NOW} returning expires_at`,
  renewLease: `update leases set expires_at = ${NOW} + :ttlMs::bigint where project_id = :projectId and owner = :owner returning expires_at`,
  setCap: 'insert into pools (name, cap) values (:name, :cap) on conflict (name) do update set cap = excluded.cap',
  lockPools: `insert into pools (name) select given.name from unnest(:names::text[]) as given (name) order by given.name collate "C"
    on conflict (name) do update set cap = pools.cap returning name, cap, held, charged`,
  holds: `select pool, call_id, held, charged, released from holds
    join unnest(:pools::text[], :callIds::text[]) as wanted (pool, call_id) using (pool, call_id)`,
  settle: `with kept as (
      insert into holds (pool, call_id, held, charged, released)
      select * from unnest(:pools::text[], :callIds::text[], :held::bigint[], :charged::bigint[], :released::integer[])
      on conflict (pool, call_id) do update set held = excluded.held, charged = excluded.charged, released = excluded.released
    )
    update pools set cap = given.cap, held = given.held, charged = given.charged
    from unnest(:names::text[], :caps::bigint[], :sumsHeld::bigint[], :sumsCharged::bigint[]) as given (name, cap, held, charged)
    where pools.name = given.name`,
  grown: 'select project_id, seq from projects where deleted = 0 and project_id = any(:projectIds::text[])',
} as const;
