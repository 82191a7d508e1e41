import { POSTGRES_STATEMENTS } from 'vidpipe/storage';
import type { PostgresQuery, PostgresValue } from './client.ts';

/** The name of a statement. */
export type StatementName = keyof typeof POSTGRES_STATEMENTS;

/** Values by the names that a statement has for them. */
export type Bound = Readonly<Record<string, PostgresValue>>;

/** PostgreSQL keeps no NUL in texts, SQLite does: one is written as `\0`, and `\` as `\\`. */
function written(text: string): string {
  return /[\\\0]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0') : text;
}

/** What `written` was given. */
export function readBack(text: string): string {
  return text.replaceAll(/\\([\\0])/g, (_, escaped) => (escaped === '0' ? '\0' : '\\'));
}

function bind(value: PostgresValue): PostgresValue {
  if (typeof value === 'object' && value !== null) return value.map((each) => bind(each) as string | number | null);
  return typeof value === 'string' ? written(value) : value;
}

/** What is JSON has its NULs escaped already. */
const JSONS: ReadonlySet<string> = new Set(['bodies', 'labels', 'summary', 'counters']);

interface Compiled {
  readonly text: string;
  readonly names: readonly string[];
}

/** Puts the tables into a schema, and places for names. */
function compiled(sql: string, schema: string): Compiled {
  const names: string[] = [];
  const text = sql
    .replaceAll(
      /\b(from|join|into|update) (events|batches|projects|project_labels|pools|holds|leases)\b/g,
      `$1 "${schema}".$2`,
    )
    .replaceAll(/(?<!:):([a-zA-Z]+)/g, (_, name: string) => {
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    });
  return { text, names };
}

/** The statements for a schema. They are never prepared by name: a server behind pgbouncer may not be the one that did it. */
export class Statements {
  readonly #schema: string;
  readonly #compiled = new Map<StatementName, Compiled>();

  constructor(schema: string) {
    this.#schema = schema;
  }

  /** A statement with its values. */
  query(name: StatementName, bound: Bound): PostgresQuery {
    const known = this.#compiled.get(name) ?? compiled(POSTGRES_STATEMENTS[name], this.#schema);
    this.#compiled.set(name, known);
    return {
      text: known.text,
      values: known.names.map((each) => {
        const value = bound[each] ?? null;
        return JSONS.has(each) ? value : bind(value);
      }),
    };
  }
}
