import { defineConfig } from 'tsup';

/** One entry per subpath of `exports` in package.json; tests/package/exports.test.ts holds the two equal. */
export const entry = {
  index: 'src/index.ts',
  provider: 'src/provider-kit/index.ts',
  storage: 'src/storage.ts',
  http: 'src/http/index.ts',
  client: 'src/client/index.ts',
  testing: 'src/testing/index.ts',
  'providers/google': 'providers/google/index.ts',
  'providers/simulated': 'providers/simulated/index.ts',
  'storage-adapters/memory': 'storage-adapters/memory/index.ts',
  'storage-adapters/sqlite': 'storage-adapters/sqlite/index.ts',
  'storage-adapters/filesystem': 'storage-adapters/filesystem/index.ts',
  'storage-adapters/gcs': 'storage-adapters/gcs/index.ts',
  'storage-adapters/postgres': 'storage-adapters/postgres/index.ts',
};

export default defineConfig({
  entry,
  format: ['esm'],
  target: 'node22',
  platform: 'node',
  dts: false,
  splitting: true,
  sourcemap: true,
  clean: true,
  removeNodeProtocol: false,
});
