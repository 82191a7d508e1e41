import {
  DatabaseSetupError,
  EventStoreError,
  NewerFormatError,
  POSTGRES_MIGRATIONS,
  type SqlRow,
} from 'vidpipe/storage';

/** Runs a text of SQL and answers the rows of its last statement. */
type Say = (text: string) => Promise<SqlRow[]>;

interface Asked {
  readonly schema: string;
  /** How errors call the database. */
  readonly database: string;
  readonly migrate: boolean;
  /** Number of the lock that lets one process migrate at a time. */
  readonly lock: bigint;
}

const OLDEST = 13;
const VERSION = POSTGRES_MIGRATIONS.length;

async function assertServer(say: Say, database: string): Promise<void> {
  const [row] = await say(
    `select current_setting('server_version_num')::integer as version, current_setting('server_encoding') as encoding, pg_is_in_recovery()::integer as standby`,
  );
  const version = Math.floor(Number(row?.['version']) / 10_000);
  if (version < OLDEST) {
    const reason = `the server is PostgreSQL ${version}`;
    throw new DatabaseSetupError({ database, reason, fix: `Upgrade it to ${OLDEST} or newer` });
  }
  if (row?.['encoding'] !== 'UTF8') {
    const reason = `its encoding is ${row?.['encoding']}`;
    throw new DatabaseSetupError({ database, reason, fix: "Create one with: create database … encoding 'UTF8'" });
  }
  if (row['standby'] === 1) {
    const reason = 'the server is a standby, which takes no writes';
    throw new EventStoreError({
      what: database,
      reason,
      advice: 'Connect to the primary server, or wait until it is one',
    });
  }
}

/** Version of the tables, `null` where there are none. Throws `NewerFormatError`. */
async function versionOf(say: Say, { schema, database }: Asked): Promise<number | null> {
  // Not to_regclass(): that answers out of a cache which may be older than the lock.
  const tables = `select 1 as there from pg_tables where schemaname = '${schema}' and tablename = 'schema_version'`;
  if ((await say(tables)).length === 0) return null;
  const [row] = await say(`select version from "${schema}".schema_version`);
  const found = Number(row?.['version'] ?? 0);
  if (found > VERSION) throw new NewerFormatError({ what: database, found, known: VERSION });
  return found;
}

/** In one transaction, one process at a time: the second finds it done. */
async function migrate(say: Say, asked: Asked): Promise<void> {
  const { schema, lock } = asked;
  try {
    await say(`begin isolation level read committed read write; select pg_advisory_xact_lock(${lock})`);
    const from = await versionOf(say, asked);
    if (from === null) {
      // Asked for only where it is missing: the right to create one is not needed then.
      const schemas = await say(`select 1 as there from pg_namespace where nspname = '${schema}'`);
      if (schemas.length === 0) await say(`create schema "${schema}"`);
      await say(`create table "${schema}".schema_version (version integer not null)`);
      await say(`insert into "${schema}".schema_version values (0)`);
    }
    await say(`set local search_path to "${schema}"`);
    for (const step of POSTGRES_MIGRATIONS.slice(from ?? 0)) await say(step);
    await say(`update "${schema}".schema_version set version = ${VERSION}`);
    await say('commit');
  } catch (error) {
    await say('rollback').catch(() => undefined);
    throw error;
  }
}

/** Sees that the tables are there, and makes them. Throws `DatabaseSetupError`, `NewerFormatError`, and has changed nothing then. */
export async function openSchema(say: Say, asked: Asked): Promise<void> {
  const { database, schema } = asked;
  await assertServer(say, database);
  const version = await versionOf(say, asked);
  if (version === VERSION) return;
  if (asked.migrate) return migrate(say, asked);
  const reason =
    version === null
      ? `there are no tables in the schema ${schema}`
      : `its tables have version ${version}, not ${VERSION}`;
  const fix = 'Open it once with migrate: true as a user who may create tables, or correct the option schema';
  throw new DatabaseSetupError({ database, reason, fix });
}
