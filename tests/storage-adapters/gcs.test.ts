import { describe } from 'vitest';
import { gcs } from 'vidpipe/storage-adapters/gcs';
import { assetStoreCases, FakeStorage, serveWeb, type WebServer } from 'vidpipe/testing';
import { hurry } from '../support/hurry.ts';
import { declare } from './support.ts';

hurry();
const servers = new Map<object, WebServer>();
const { credentials } = new FakeStorage();

describe('gcs', () => {
  declare(
    assetStoreCases(
      {
        create: async () => {
          const server = await serveWeb([new FakeStorage({ credentials }).handle]);
          const store = gcs({ bucket: 'films', prefix: 'assets', apiEndpoint: server.url, projectId: 'p', credentials });
          servers.set(store, server);
          return store;
        },
        destroy: (store) => servers.get(store)?.close(),
      },
      ['path'],
    ),
  );
});
