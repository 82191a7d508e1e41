// Lets a child process run the sources instead of the built package, as the tests themselves do.
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const places = {
  'vidpipe/storage': 'src/storage.ts',
  'vidpipe/storage-adapters/sqlite': 'storage-adapters/sqlite/index.ts',
  'vidpipe/storage-adapters/filesystem': 'storage-adapters/filesystem/index.ts',
  'vidpipe/storage-adapters/postgres': 'storage-adapters/postgres/index.ts',
  'vidpipe/storage-adapters/gcs': 'storage-adapters/gcs/index.ts',
};

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === process.env.MISSING_PACKAGE)
      throw Object.assign(new Error(`${specifier} is missing`), { code: 'ERR_MODULE_NOT_FOUND' });
    const place = places[specifier];
    return next(place === undefined ? specifier : pathToFileURL(join(root, place)).href, context);
  },
});
