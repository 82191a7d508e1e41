// Lets a child process run the sources instead of the built package, as the tests themselves do.
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const places = {
  'vidpipe/storage': 'src/storage.ts',
  'vidpipe/storage-adapters/sqlite': 'storage-adapters/sqlite/index.ts',
  'vidpipe/storage-adapters/filesystem': 'storage-adapters/filesystem/index.ts',
};

registerHooks({
  resolve(specifier, context, next) {
    const place = places[specifier];
    return next(place === undefined ? specifier : pathToFileURL(join(root, place)).href, context);
  },
});
