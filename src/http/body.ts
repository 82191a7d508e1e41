import type { z } from 'zod';
import { issuesOf } from '../project/settings-schema.ts';
import type { HttpLimits } from './limits.ts';
import { Refusal } from './refusal.ts';

/** The media type of a body, without parameters; `''` for none. */
export function typeOf(request: Request): string {
  return (request.headers.get('content-type') ?? '').replace(/;.*/s, '').trim().toLowerCase();
}

function tooLarge(most: number): Refusal {
  return new Refusal(413, 'body-too-large', `The body has more than ${most} bytes.`);
}

/** Throws `Refusal` (413) for a body that is announced as longer than allowed. */
export function assertAnnounced(request: Request, most: number): void {
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge(most);
}

/** The same bytes; the stream fails with a `Refusal` as soon as there are more than `most`. */
export function atMost(most: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      size += chunk.byteLength;
      if (size > most) throw tooLarge(most);
      controller.enqueue(chunk);
    },
  });
}

async function textOf(request: Request, most: number): Promise<string> {
  assertAnnounced(request, most);
  if (request.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const chunk of request.body.pipeThrough(atMost(most))) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** How deep a JSON text is nested. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (part === '[' || part === '{') deepest = Math.max(deepest, (depth += 1));
    if (part === ']' || part === '}') depth -= 1;
  }
  return deepest;
}

/** A JSON body; `undefined` for an empty one. Throws `Refusal`: 413, 415, 400. */
export async function jsonOf(request: Request, { bodyBytes, depth }: HttpLimits): Promise<unknown> {
  let text = '';
  try {
    text = await textOf(request, bodyBytes);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, 'invalid-json', 'The body could not be read as UTF-8.');
  }
  if (text === '') return undefined;
  if (typeOf(request) !== 'application/json')
    throw new Refusal(415, 'unsupported-media-type', 'Send the body as application/json.');
  if (depthOf(text) > depth) throw new Refusal(400, 'invalid-json', `The body is nested more than ${depth} deep.`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, 'invalid-json', 'The body is not JSON.');
  }
}

/** A request whose query or body is not what the route takes. */
export class InvalidRequest extends Refusal {
  readonly issues: readonly string[];

  constructor(status: number, issues: readonly string[]) {
    super(status, 'invalid-request', `The request is not valid:\n${issues.map((issue) => `- ${issue}`).join('\n')}`);
    this.issues = issues;
  }
}

/** The value as a schema has it. Throws `InvalidRequest`. */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, status: number, root: string): z.output<T> {
  const result = schema.safeParse(value);
  if (!result.success) throw new InvalidRequest(status, issuesOf(result.error, value, root));
  return result.data;
}

/** A query as an object: one text for each name, all of them for `label`. Throws `InvalidRequest` where another name is given twice. */
export function queryOf(query: URLSearchParams): Record<string, unknown> {
  const names = [...new Set(query.keys())];
  const twice = names.filter((name) => name !== 'label' && query.getAll(name).length > 1);
  if (twice.length > 0)
    throw new InvalidRequest(
      400,
      twice.map((name) => `query.${name}: it is given twice`),
    );
  return Object.fromEntries(names.map((name) => [name, name === 'label' ? query.getAll(name) : query.get(name)]));
}
