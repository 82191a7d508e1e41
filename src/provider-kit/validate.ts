import { InvalidSettingsError } from '../errors/index.ts';
import type { Rate } from '../spec/index.ts';

type Fields = Readonly<Record<string, unknown>>;
type Kind = 'text' | 'image' | 'video';
/** Says what is wrong with a value, or nothing. */
type Check = (value: unknown) => string | null;

const shown = (value: unknown): string =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value)).slice(0, 80);
const expected =
  (what: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? null : `expected ${what}, got ${Array.isArray(value) ? value.join(', ') : shown(value)}`;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && Number(value) >= least;
const whole = (least: number): Check => expected(`a whole number from ${least}`, (value) => isWhole(value, least));
const ms = expected('milliseconds from 0', (value) => Number.isFinite(value) && Number(value) >= 0);
const flag = expected('true or false', (value) => typeof value === 'boolean');
const word = expected('an id', (value) => typeof value === 'string' && value !== '');
const callable = expected('a function', (value) => typeof value === 'function');

const durations = expected(
  'positive seconds in ascending order',
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each, index) => Number.isFinite(each) && each > (value[index - 1] ?? 0)),
);

const ratios: Check = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'expected at least one, such as "16:9"';
  const bad: unknown = value.find((each) => typeof each !== 'string' || !/^[1-9]\d*:[1-9]\d*$/.test(each));
  return bad === undefined ? null : `expected such as "16:9", got ${shown(bad)}`;
};

const UNITS: readonly unknown[] = ['call', 'image', 'second', 'input-token', 'output-token'];
const RATE_FIELDS = ['unit', 'price', 'when', 'validFrom', 'validTo', 'source'];
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z)?$/;

function dateFault(value: unknown): string | null {
  if (value === undefined || (typeof value === 'string' && DATE.test(value) && !Number.isNaN(Date.parse(value))))
    return null;
  return `expected a date of ISO 8601, got ${shown(value)}`;
}

function rateFault(rate: unknown): string | null {
  if (!isObject(rate)) return `expected a rate, such as perSecond(usd('0.02')), got ${shown(rate)}`;
  const { unit, price, when = {}, validFrom, validTo } = rate;
  const stray = Object.keys(rate).find((field) => !RATE_FIELDS.includes(field));
  if (stray !== undefined) return `${stray} is unknown; known are ${RATE_FIELDS.join(', ')}`;
  if (!UNITS.includes(unit)) return `expected a unit of ${UNITS.join(', ')}, got ${shown(unit)}`;
  if (!isWhole(price, 0)) return `expected micro-dollars made by usd(), got ${shown(price)}`;
  if (!isObject(when) || Object.keys(when).some((field) => field !== 'audio' && field !== 'resolution'))
    return `expected \`when\` with audio or resolution, got ${shown(when)}`;
  const { validFrom: from = '', validTo: to = '~' } = rate as unknown as Rate;
  return dateFault(validFrom) ?? dateFault(validTo) ?? (from < to ? null : `expected validTo (${to}) after validFrom`);
}

function overlap(one: Rate, other: Rate): boolean {
  const key = ({ unit, when }: Rate): string => JSON.stringify([unit, when?.audio, when?.resolution]);
  const before = (a: Rate, b: Rate): boolean => (a.validTo ?? '~') <= (b.validFrom ?? '');
  return key(one) === key(other) && !before(one, other) && !before(other, one);
}

const price: Check = (value) => {
  const given = (Array.isArray(value) ? value : [value]) as readonly unknown[];
  const fault = given.map(rateFault).find((each) => each !== null);
  if (fault !== undefined) return fault;
  const rates = given as readonly Rate[];
  const twice = rates.find((rate, index) => rates.slice(0, index).some((other) => overlap(rate, other)));
  return twice === undefined ? null : `two rates for the same ${twice.unit} at the same time`;
};

const stage = expected('preview, stable or retired', (value) =>
  ['preview', 'stable', 'retired'].includes(value as string),
);
const replacement = expected(
  'a full id (provider:model)',
  (value) => typeof value === 'string' && /^[^:\s]+:\S+$/.test(value),
);

const names: Check = expected(
  'at least one name',
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string' && /^\S+$/.test(each)),
);
const sizes = expected(
  'sizes with ascending pixels, such as { name: "1K", pixels: 1024 }',
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (each: unknown, index) =>
        isObject(each) && word(each['name']) === null && isWhole(each['pixels'], 1 + pixelsBefore(value, index)),
    ),
);
const clipReferences = expected(
  'references such as { most: 3 }, with withFrames or durations',
  (value) =>
    isObject(value) &&
    Object.keys(value).every((field) => ['most', 'withFrames', 'durations'].includes(field)) &&
    isWhole(value['most'], 1) &&
    (value['withFrames'] === undefined || flag(value['withFrames']) === null) &&
    (value['durations'] === undefined || durations(value['durations']) === null),
);

function pixelsBefore(sizesSoFar: readonly unknown[], index: number): number {
  const before = sizesSoFar[index - 1];
  return isObject(before) ? Number(before['pixels']) : 0;
}

const date: Check = dateFault;
const BASE: Readonly<Record<string, Check>> = {
  price,
  stage,
  launched: date,
  retires: date,
  replacement,
  idempotent: flag,
  lookUp: callable,
};
const NESTED: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  times: { requestDeadlineMs: ms, submitWithinMs: ms, typicalMs: ms, deadlineMs: ms, pollMs: ms, keptMs: ms },
  limits: { concurrency: whole(1), perMinute: whole(1) },
};

const KINDS: Readonly<Record<Kind, { readonly can: Readonly<Record<string, Check>>; readonly does: Fields }>> = {
  text: { can: { maxOutputTokens: whole(1) }, does: { generate: callable } },
  image: {
    can: {
      ratios,
      sizes,
      inputTokensPerImage: whole(0),
      maxOutputTokens: (value) => (value === undefined ? null : whole(1)(value)),
      references: whole(0),
      conditioningPartner: word,
      seed: flag,
      negativePrompt: flag,
    },
    does: { generate: callable },
  },
  video: {
    can: {
      durations,
      ratios,
      resolutions: names,
      references: clipReferences,
      lastFrame: flag,
      audio: flag,
      seed: flag,
      negativePrompt: flag,
      takes: whole(1),
    },
    does: { start: callable, check: callable, cancel: callable },
  },
};
const REQUIRED = ['maxOutputTokens', 'ratios', 'durations', 'generate', 'start', 'check', 'concurrency'];

/** Issues of an object's fields: unknown ones first, then those that are missing or wrong. `undefined` counts as absent. */
function fieldIssues(at: string, value: Fields, checks: Readonly<Record<string, Check>>): string[] {
  const unknown = Object.keys(value).filter((field) => !Object.hasOwn(checks, field));
  const wrong = Object.entries(checks).flatMap(([field, check]) => {
    const given = value[field];
    const fault = given === undefined && !REQUIRED.includes(field) ? null : check(given);
    return fault === null ? [] : [`${at}${field}: ${fault}`];
  });
  return [...unknown.map((field) => `${at}${field}: unknown; known are ${Object.keys(checks).join(', ')}`), ...wrong];
}

/** What is wrong with the definition of a model; each issue names its field. */
export function definitionIssues(kind: Kind, definition: object): string[] {
  const fields: Fields = { ...definition };
  const nested = expected('an object', isObject);
  const { can, does } = KINDS[kind];
  const known = { ...can, ...(does as typeof can), ...BASE, times: nested, limits: nested };
  const inner = Object.entries(NESTED).flatMap(([name, checks]) =>
    isObject(fields[name]) ? fieldIssues(`${name}.`, fields[name], checks) : [],
  );
  const leaves = fields['stage'] === 'retired' || fields['retires'] !== undefined;
  const orphan = leaves && fields['replacement'] === undefined;
  const missing = orphan ? ['replacement: a model that retires names the full id of the one to use instead'] : [];
  return [...fieldIssues('', fields, known), ...inner, ...missing];
}

/** The capabilities among a definition's fields, copied. */
export function capabilitiesOf<T extends object>(kind: Kind, definition: T): T {
  const names = Object.keys(KINDS[kind].can);
  const can = Object.entries(definition).filter(([name, value]) => names.includes(name) && value !== undefined);
  return structuredClone(Object.fromEntries(can)) as T;
}

/** Throws `InvalidSettingsError` when there are issues. */
export function refuse(issues: readonly string[]): void {
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
}
