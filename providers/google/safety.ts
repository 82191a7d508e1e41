import type { Blocked } from 'vidpipe/provider';

/**
 * What Google's support codes say, from the usage guidelines of Veo:
 * docs.cloud.google.com/gemini-enterprise-agent-platform/models/video/responsible-ai-and-usage-guidelines
 */
const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  Child: ['58061214', '17301594'],
  Celebrity: ['29310472', '15236754'],
  'Video safety violation': ['64151117', '42237218'],
  'Dangerous content': ['62263041'],
  Hate: ['57734940', '22137204'],
  Other: ['74803281', '29578790', '42876398'],
  'Prohibited content': ['89371032', '49114662', '63429089', '72817394', '60599140'],
  'Third-party content': ['35561574', '35561575'],
  Sexual: ['90789179', '43188360'],
  Toxic: ['78610348'],
  Violence: ['61493863', '56562880'],
  Vulgar: ['32635315'],
};

const CODES = new Map(
  Object.entries(CATEGORIES).flatMap(([name, codes]) => codes.map((code) => [code, name] as const)),
);

/** Category of a support code. */
export function categoryOf(code: string): string | undefined {
  return CODES.get(code);
}

/** Support codes that texts name, each once. */
export function supportCodes(texts: readonly string[]): readonly string[] {
  const lists = texts.flatMap((text) => [...text.matchAll(/Support codes?:\s*([\d,\s]+)/gi)].map(([, list]) => list));
  return [...new Set(lists.flatMap((list = '') => list.match(/\d+/g) ?? []))];
}

type Input = Blocked['input'];

/** How a refusal reads where it names no code. */
const REFUSALS = [
  /violates? .{0,80}(usage guidelines|our policies|content polic|responsible ai)/i,
  /responsible ai practices/i,
  /sensitive words/i,
  /prompt (could not|couldn't) be submitted/i,
  /might violate our policies/i,
  /real people's names or likenesses/i,
  /issue with the audio for your prompt/i,
  /blocked (by|due to|because of) .{0,60}(safety|polic|filter)/i,
];

/** Which input a refusal is about, by its words. */
const INPUTS: readonly (readonly [RegExp, Input])[] = [
  [/issue with the audio/i, 'output'],
  [/last (frame|image)/i, 'end-frame'],
  [/reference image/i, 'reference'],
  [/input image/i, 'start-frame'],
  [/prompt (could|contains|couldn't)|contains .{0,20}words|real people's names/i, 'prompt'],
];

const plain = (text: string): string => text.replaceAll(/[\u2018\u2019\u02bc]/g, "'");

function categoryFor(codes: readonly string[], texts: readonly string[]): { readonly category?: string } {
  if (texts.some((text) => /issue with the audio/i.test(text))) return { category: 'Audio' };
  const category = codes.map(categoryOf).find((each) => each !== undefined);
  return category === undefined ? {} : { category };
}

/**
 * The refusal that texts of Google tell, or `null` where they tell none. `otherwise` is the input where the words name none;
 * `refused` says that it is known to be a refusal, however it reads.
 */
export function readRefusal(
  given: readonly string[],
  { otherwise, refused = false }: { readonly otherwise: Input; readonly refused?: boolean },
): Omit<Blocked, 'charged' | 'usage'> | null {
  const texts = given.map(plain);
  const codes = supportCodes(texts);
  const worded = texts.some((text) => REFUSALS.some((pattern) => pattern.test(text)));
  if (!refused && codes.length === 0 && !worded) return null;
  const [, input] = INPUTS.find(([pattern]) => texts.some((text) => pattern.test(text))) ?? [null, otherwise];
  return { state: 'blocked', reasons: given, codes, ...categoryFor(codes, texts), input };
}
