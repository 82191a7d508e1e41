// A store of bytes as a user writes it: one table of SQLite, written against `vidpipe/storage` alone.
import { DatabaseSync } from 'node:sqlite';
import { AssetCorruptError, AssetNotFoundError, type AssetStore, assertDigest, satisfiedRange } from 'vidpipe/storage';

type Row = { readonly digest: `sha256-${string}`; readonly size: number; readonly storedAt: string };

const TABLE = 'create table if not exists assets (digest text primary key, stored_at text, bytes blob) strict';

/** The bytes of a body that must be of this size; not read further once it is longer. */
async function read(body: ReadableStream<Uint8Array>, size: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    if ((length += chunk.byteLength) > size) break;
  }
  return length === size ? Buffer.concat(chunks) : null;
}

/** An `AssetStore` in a SQLite file, for assets that fit in memory. */
export function sqliteAssets(path: string): AssetStore {
  const db = new DatabaseSync(path);
  db.exec(TABLE);
  const touch = db.prepare('update assets set stored_at = ? where digest = ? and length(bytes) = ?');
  const write = db.prepare('insert or ignore into assets (stored_at, digest, bytes) values (?, ?, ?)');
  const look = db.prepare('select length(bytes) as size from assets where digest = ?');
  const part = db.prepare('select substr(bytes, ?, ?) as bytes from assets where digest = ?');
  const remove = db.prepare('delete from assets where digest = ? and stored_at < ?');
  const rows = db.prepare('select digest, length(bytes) as size, stored_at as storedAt from assets');
  return {
    specVersion: 1,
    put: async (digest, body, { size }) => {
      assertDigest(digest);
      if (touch.run(new Date().toISOString(), digest, size).changes > 0) return;
      const bytes = await read(body(), size);
      if (bytes === null) throw new AssetCorruptError({ digest, reason: `it is not the ${size} bytes announced` });
      write.run(new Date().toISOString(), digest, bytes);
    },
    get: async (digest, range) => {
      assertDigest(digest);
      const row = look.get(digest) as { readonly size: number } | undefined;
      if (row === undefined) throw new AssetNotFoundError({ digest });
      const { start, end } =
        range === undefined ? { start: 0, end: row.size - 1 } : satisfiedRange(range, { digest, ...row });
      const { bytes } = part.get(start + 1, end - start + 1, digest) as {
        readonly bytes: Uint8Array<ArrayBuffer> | null;
      };
      return new Blob(bytes === null ? [] : [bytes]).stream();
    },
    delete: async (digest, { untouchedSince }) => {
      assertDigest(digest);
      remove.run(digest, untouchedSince);
    },
    async *list() {
      for (const row of rows.all() as unknown as Row[]) yield row;
    },
    close: async () => db.close(),
  };
}
