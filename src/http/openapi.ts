import { z } from 'zod';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

/** The JSON Schema of what is sent. What a check alone stands before is described by what comes after it. */
function schemaOf(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type !== 'pipe') return;
      const { in: before, out } = def as unknown as { readonly in: z.ZodType; readonly out: z.ZodType };
      if (before._zod.def.type === 'custom') Object.assign(jsonSchema, withoutDialect(schemaOf(out)));
    },
  });
}

function withoutDialect({ $schema: _dialect, ...schema }: Json): Json {
  return schema;
}

const problem = {
  description: 'A problem',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function queryParameters(route: Route): Json[] {
  const { properties = {}, required = [] } = schemaOf(route.query()) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function parametersOf(route: Route): Json[] {
  const named = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  // `Accept` is not described as a parameter: OpenAPI has the media types of replies for it.
  const headers = Object.entries(route.headers ?? {}).flatMap(([name, description]) =>
    name === 'Accept' ? [] : [{ name, in: 'header', required: false, description, schema: { type: 'string' } }],
  );
  return [...named, ...queryParameters(route), ...headers];
}

function bodyOf({ body, upload = [] }: Route): Json {
  if (body === null && upload.length === 0) return {};
  const content =
    body === null
      ? upload.map((type) => [type, { schema: { type: 'string', format: 'binary' } }])
      : [['application/json', { schema: withoutDialect(schemaOf(body())) }]];
  const required = body === null || !body().safeParse(undefined).success;
  return { requestBody: { required, content: Object.fromEntries(content) as Json } };
}

function responsesOf({ replies }: Route): Json {
  const told = Object.entries(replies).map(([status, { type, what }]) => [
    status,
    { description: what, ...(type === undefined ? {} : { content: { [type]: { schema: {} } } }) },
  ]);
  return { ...(Object.fromEntries(told) as Json), default: problem };
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'docs'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    issues: { type: 'array', items: { type: 'string' } },
    docs: { type: 'string' },
  },
};

/** The OpenAPI 3.1 document of the routes, by the schemas that check requests. */
export function openApiOf(routes: readonly Route[], basePath: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const { method, path, action, summary } = route;
    const operationId = `${method.toLowerCase()}${path.replace(/\W+(\w)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')}`;
    const operation = { operationId, summary, tags: [action], parameters: parametersOf(route), ...bodyOf(route) };
    paths[path] = { ...paths[path], [method.toLowerCase()]: { ...operation, responses: responsesOf(route) } };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'vidpipe', version: '1', description: 'Films: made, changed, paid for and watched.' },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    paths,
    components: { schemas: { Problem: PROBLEM } },
  };
}
