import { GoogleRefusal } from './refusal.ts';

/** Throws a 400 for a value that is not of the shape; `at` is the path to it. */
export type Shape = (value: unknown, at: string) => void;

function invalid(value: unknown, at: string, wanted: string): never {
  const shown = (JSON.stringify(value) ?? 'nothing').slice(0, 80);
  throw new GoogleRefusal(400, `Invalid value at '${at}' (${wanted}), ${shown}`);
}

function shape(wanted: string, fits: (value: unknown) => boolean): Shape {
  return (value, at) => {
    if (!fits(value)) invalid(value, at, wanted);
  };
}

/** Text. */
export const text = shape('TYPE_STRING', (value) => typeof value === 'string');
/** `true` or `false`. */
export const bool = shape('TYPE_BOOL', (value) => typeof value === 'boolean');
/** A number. */
export const number = shape('TYPE_DOUBLE', (value) => typeof value === 'number');
/** An object with any keys. */
export const object = shape(
  'TYPE_MESSAGE',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
/** Base64 that a decoder takes. */
export const base64 = shape(
  'TYPE_BYTES',
  (value) => typeof value === 'string' && value !== '' && /^[\w+/-]+={0,2}$/.test(value),
);

/** A whole number within bounds. */
export function integer(least = -2_147_483_648, most = 2_147_483_647): Shape {
  return shape(`an integer from ${least} to ${most}`, (value) => {
    return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  });
}

/** One of these values. */
export function oneOf(...values: readonly unknown[]): Shape {
  return shape(`one of ${values.join(', ')}`, (value) => values.includes(value));
}

/** One of these words, in lower or upper case: the REST documentation writes the one, the SDK sends the other. */
export function anyCase(...words: readonly string[]): Shape {
  return oneOf(...words, ...words.map((word) => word.toUpperCase()));
}

/** A list of at least one and at most so many. */
export function listOf(each: Shape, most = Infinity): Shape {
  return (value, at) => {
    if (!Array.isArray(value)) return invalid(value, at, 'a list');
    if (value.length === 0 || value.length > most) invalid(value.length, at, `1 to ${most} of them`);
    value.forEach((item, index) => each(item, `${at}[${index}]`));
  };
}

/** Labels: text by lower-case keys. */
export const labels: Shape = (value, at) => {
  object(value, at);
  for (const [key, given] of Object.entries(value as object)) {
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(key) || typeof given !== 'string' || !/^[a-z0-9_-]{0,63}$/.test(given))
      invalid({ [key]: given as unknown }, at, 'a label of at most 63 lower-case letters, digits, _ and -');
  }
};

/** An object that has no fields but these, and has the ones named in `required`. */
export function fields(known: Readonly<Record<string, Shape>>, required: readonly string[] = []): Shape {
  return (value, at) => {
    object(value, at);
    const given = value as Readonly<Record<string, unknown>>;
    for (const [key, item] of Object.entries(given)) {
      const own = Object.hasOwn(known, key) ? known[key] : undefined;
      if (own === undefined) {
        const message = `Invalid JSON payload received. Unknown name "${key}" at '${at}': Cannot find field.`;
        throw new GoogleRefusal(400, message);
      }
      own(item, at === '' ? key : `${at}.${key}`);
    }
    const missing = required.find((key) => !Object.hasOwn(given, key));
    if (missing !== undefined)
      throw new GoogleRefusal(400, `Required field ${at === '' ? '' : `${at}.`}${missing} is missing.`);
  };
}
