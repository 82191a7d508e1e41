// A store of all bytes in one table of SQLite. It holds whole assets in memory, so it is one for pictures and short clips.
import { DatabaseSync } from 'node:sqlite';
import { AssetCorruptError, AssetNotFoundError, type AssetStore, assertDigest } from 'vidpipe/storage';
import { satisfiedRange, type StoredAsset } from 'vidpipe/storage';

/** Opens the table in `file`, made if there is none. */
export function tableAssets(file: string): AssetStore {
  const db = new DatabaseSync(file);
  db.exec('create table if not exists assets (digest text primary key, bytes blob, at text)');
  return {
    specVersion: 1,
    async put(digest, body, { size }) {
      assertDigest(digest);
      const chunks: Uint8Array[] = [];
      let came = 0;
      for await (const chunk of body()) {
        came += chunk.byteLength;
        if (came > size) break;
        chunks.push(chunk);
      }
      if (came !== size) throw new AssetCorruptError({ digest, reason: `${came} bytes came, ${size} were announced` });
      db.prepare('replace into assets values (?, ?, ?)').run(digest, Buffer.concat(chunks), new Date().toISOString());
    },
    async get(digest, range) {
      assertDigest(digest);
      const bytes = db.prepare('select bytes from assets where digest = ?').get(digest)?.['bytes'];
      if (!(bytes instanceof Uint8Array)) throw new AssetNotFoundError({ digest });
      const whole = { start: 0, end: bytes.byteLength - 1 };
      const { start, end } = range === undefined ? whole : satisfiedRange(range, { digest, size: bytes.byteLength });
      return new Blob([bytes.slice(start, end + 1)]).stream();
    },
    async delete(digest, { untouchedSince }) {
      assertDigest(digest);
      db.prepare('delete from assets where digest = ? and at < ?').run(digest, untouchedSince);
    },
    async *list() {
      const rows = db.prepare('select digest, length(bytes) as size, at as storedAt from assets').all();
      yield* rows as unknown as StoredAsset[];
    },
    async close() {
      db.close();
    },
  };
}
