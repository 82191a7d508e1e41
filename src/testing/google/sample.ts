/** A value that fits a JSON Schema, as plain as can be: the first choice of each enum and union, the fewest items, all properties. */
export function sampleOf(schema: unknown, root: unknown = schema): unknown {
  const {
    type,
    enum: choices,
    anyOf,
    oneOf,
    $ref,
    properties,
    items,
    minItems,
    minimum,
  } = Object(schema) as Readonly<Record<string, unknown>>;
  if (typeof $ref === 'string') return sampleOf(resolved($ref, root), root);
  if (Array.isArray(choices)) return choices[0];
  const [union] = [anyOf, oneOf].filter((each) => Array.isArray(each)) as unknown[][];
  if (union !== undefined) return sampleOf(union[0], root);
  switch (Array.isArray(type) ? (type as unknown[])[0] : type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(Object(properties) as object).map(([key, each]) => [key, sampleOf(each, root)]),
      );
    case 'array':
      return Array.from({ length: Math.max(1, Number(minItems ?? 1)) }, () => sampleOf(items, root));
    case 'integer':
    case 'number':
      return Number(minimum ?? 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return 'A lighthouse stands in the fog.';
  }
}

function resolved(ref: string, root: unknown): unknown {
  return ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .reduce((value: unknown, part) => (Object(value) as Readonly<Record<string, unknown>>)[part], root);
}
