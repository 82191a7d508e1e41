type Json = Readonly<Record<string, unknown>>;

/** Keywords of JSON Schema that Gemini knows, from the SDK's own list. */
const KNOWN = new Set([
  '$id', '$defs', '$ref', '$anchor', 'type', 'format', 'title', 'description', 'enum', 'items', 'prefixItems', 'minItems', 'maxItems',
  'minimum', 'maximum', 'anyOf', 'oneOf', 'properties', 'additionalProperties', 'required', 'propertyOrdering',
]); // prettier-ignore

const isSchema = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function inner(keyword: string, value: unknown): unknown {
  if (keyword === 'properties' || keyword === '$defs')
    return Object.fromEntries(Object.entries(value as Json).map(([name, each]) => [name, geminiSchema(each as Json)]));
  if (Array.isArray(value) && ['anyOf', 'oneOf', 'prefixItems'].includes(keyword)) return value.map(geminiSchema);
  return isSchema(value) ? geminiSchema(value) : value;
}

/** A schema without the keywords that Gemini does not know; a constant becomes a choice of one. The core checks replies against the whole. */
export function geminiSchema(schema: Json): Json {
  const { const: constant, ...rest } = schema;
  const kept = Object.entries(rest).filter(
    ([keyword, value]) => KNOWN.has(keyword) && !(keyword === 'items' && value === false),
  );
  return {
    ...Object.fromEntries(kept.map(([keyword, value]) => [keyword, inner(keyword, value)])),
    ...(constant === undefined ? {} : { enum: [constant] }),
  };
}
