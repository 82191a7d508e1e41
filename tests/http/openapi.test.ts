import SwaggerParser from '@apidevtools/swagger-parser';
import { afterAll, expect, it } from 'vitest';
import type { Problem } from 'vidpipe/http';
import { HttpWorld } from '../support/http.ts';
import { settingsFor } from '../support/world.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, { readonly schema: Schema }> };
}

interface Schema {
  readonly type?: string;
  readonly properties: Record<string, Schema & Record<string, unknown>>;
  readonly items?: Schema;
}

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
}

const world = new HttpWorld({ basePath: '/api' });
afterAll(() => world.pipeline.close());
const read = () => world.json<Document>('/api/openapi.json');

it('is a valid OpenAPI 3.1 document', async () => {
  const document = await read();
  expect(document.openapi).toBe('3.1.0');
  expect(document.servers).toEqual([{ url: '/api' }]);
  await SwaggerParser.validate(structuredClone(document) as never);
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(25);
});

it('describes what settings may be, with pictures as base64 and never as paths', async () => {
  const { paths } = await read();
  const { schema } = paths['/projects']!['post']!.requestBody!.content['application/json']!;
  const { prompt, budget, labels, references, storyboard } = schema.properties;
  expect(prompt).toMatchObject({ type: 'string', minLength: 1, maxLength: 20_000 });
  expect(budget).toMatchObject({ type: 'integer', minimum: 0 });
  expect(labels).toMatchObject({ type: 'object', additionalProperties: { type: 'string', maxLength: 500 } });
  expect(references!.items!.properties['image']).toMatchObject({ type: 'string', contentEncoding: 'base64' });
  expect(storyboard!.properties['scenes']!.type).toBe('array');
  const query = paths['/projects']!['get']!.parameters.map(({ name }) => name);
  expect(query).toEqual(['limit', 'cursor', 'status', 'account', 'label']);
});

it('says which bodies may be left out, as requests show', async () => {
  const { paths } = await read();
  const { id } = await world.json<{ id: string }>('/api/projects', { json: settingsFor(1) }, 201);
  for (const [path, operations] of Object.entries(paths)) {
    const body = operations['post']?.requestBody;
    if (body === undefined) continue;
    const url = path.replace('{id}', id).replace('{digest}', `sha256-${'0'.repeat(64)}`);
    const reply = await world.ask(`/api${url}`, { method: 'POST' });
    const { code } = (await reply.json()) as Problem;
    expect(code === 'invalid-request', `body of ${path}`).toBe(body.required);
  }
});
