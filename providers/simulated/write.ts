import { createHash } from 'node:crypto';
import type { TextRequest } from 'vidpipe/provider';
import { type Brief, briefOf } from './brief.ts';

/** How a story goes: what happens, its first and its last frame, what moves. */
const BEATS = [
  [
    'arrives, and the place is shown wide',
    'stands at the edge and looks in',
    'takes a first step forward',
    'slow push in, wind in the clothes',
  ],
  [
    'finds what the story is about',
    'kneels and reaches out',
    'holds it up to the light',
    'the camera circles, hands tremble',
  ],
  [
    'decides, and sets out',
    'packs in haste',
    'turns the back on the place',
    'tracking shot alongside, dust in the air',
  ],
  ['meets what stands in the way', 'stops short', 'leans into the storm', 'handheld, the ground shakes'],
  ['loses it and nearly gives up', 'sits with empty hands', 'looks up at a sound', 'slow tilt from hands to face'],
  ['understands, and everything turns', 'smiles for the first time', 'runs', 'crane up as the light breaks through'],
  ['comes home changed', 'opens the door', 'lets the light in', 'slow pull out until the figure is small'],
] as const;

const LOOKS = {
  age: ['about twenty, slight', 'about thirty, wiry', 'about fifty, broad shoulders', 'about seventy, upright'],
  hair: ['short black hair', 'a grey beard', 'long red hair in a braid', 'a shaved head', 'white curls'],
  mark: ['a scar on the left hand', 'freckles', 'a crooked nose', 'one blue eye and one brown'],
  coat: ['a yellow oilskin', 'a long green coat', 'a worn leather jacket', 'a white apron', 'a navy jumper'],
  extra: ['a red scarf', 'heavy boots', 'a brass watch', 'round glasses', 'a straw hat'],
  palette: ['deep blue, warm amber, grey', 'moss green, bone, rust', 'violet, silver, black', 'ochre, teal, cream'],
  camera: ['calm, eye level, long lenses', 'low and close, wide lenses', 'restless, over the shoulder'],
} as const;

const SMALL = new Set(
  'a an the and or of in on at to with for from by into out is are was were that this it its his her their who which as then'.split(
    ' ',
  ),
);

/** One of a list, by the hash of a key. */
function pick(list: readonly string[], ...key: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(key.join('/')).digest();
  return list[hash.readUInt32BE() % list.length] ?? '';
}

function termsOf(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}'-]+/gu) ?? [];
  const terms = words.filter((word) => !SMALL.has(word.toLowerCase()) && word.length > 2);
  return [...new Set(terms.map((word) => word.slice(0, 40)))];
}

/** The hero is what the script speaks of first: its words up to the first verb-like one. */
function heroOf(script: string): string {
  const words = script.split(/\s+/).slice(0, 4);
  const end = words.findIndex((word, index) => index > 0 && /(s|ed)$/.test(word) && !SMALL.has(word.toLowerCase()));
  const name = words
    .slice(0, end > 0 ? end : 3)
    .join(' ')
    .replace(/^(a|an|the) /i, '')
    .replace(/[^\p{L}\p{N} '-]/gu, '')
    .trim();
  return Array.from(name).slice(0, 40).join('') || 'Traveller';
}

/** The sentences of a text, dealt out in their order: to each of `count` scenes the `index`-th part. */
function partOf(text: string, index: number, count: number): string {
  const sentences = text.split(/(?<=[.!?;。！？])\s*|[\r\n]+/u).filter((sentence) => sentence.trim() !== '');
  const at = (share: number): number => Math.floor((share * sentences.length) / count);
  const part = sentences.slice(at(index), Math.max(at(index) + 1, at(index + 1)));
  return part.join(' ').replace(/\s+/g, ' ').trim().slice(0, 6000);
}

function sceneOf(brief: Brief, hero: string, index: number, seed: number): object {
  const { script, style, lengths, standing } = brief;
  const number = standing + index + 1;
  const last = standing + lengths.length - 1;
  const part = partOf(brief.direction || script, index, lengths.length);
  const terms = [...new Set([...termsOf(part), ...termsOf(script)])];
  const beat = BEATS[last === 0 ? 1 : Math.round(((number - 1) * (BEATS.length - 1)) / last)] ?? BEATS[0];
  const offset = createHash('sha256').update(`${seed}/${number}`).digest()[0] ?? 0;
  const near = Math.max(1, Math.min(terms.length, 6));
  const details = [0, 1, 2].map((step) => terms[(step + offset) % near] ?? hero);
  return {
    description: `${hero} ${beat[0]}. ${part}`,
    keyDetails: [...new Set([...details, hero, `part ${number}`])],
    startPrompt: `${style}, scene ${number}: ${hero} ${beat[1]}, ${details[0]} ${details[1]}`,
    endPrompt: `${style}, scene ${number}, last: ${hero} ${beat[2]}, ${details[2]} near`,
    motionPrompt: `${beat[3]}, over ${lengths[index]} seconds`,
    transitionNotes: number === 1 ? 'opens the film' : `goes on from part ${number - 1}`,
    cast: [hero],
    enters: number > 1 && number % 4 === 0 ? 'cut' : 'continue',
  };
}

/** A storyboard out of the script, more scenes for one that stands, or a harmless prompt: whichever the schema asks for. The same request and seed give the same words. */
export function writeReply(request: TextRequest, seed: number): string {
  const properties = Object(request.schema['properties'] ?? {}) as object;
  if (!('scenes' in properties))
    return JSON.stringify({ prompt: `a calm, friendly moment, ${pick(LOOKS.camera, seed)}` });
  const brief = briefOf(request);
  const hero = brief.cast[0] ?? heroOf(brief.script);
  const scenes = brief.lengths.map((_, index) => sceneOf(brief, hero, index, seed));
  if (!('styleGuide' in properties)) return JSON.stringify({ scenes });
  const look = (of: keyof typeof LOOKS): string => pick(LOOKS[of], seed, hero, of);
  const styleGuide = {
    visualStyle: `${brief.style}, soft edges, one source of light`,
    colorPalette: pick(LOOKS.palette, seed, brief.script),
    cameraStyle: pick(LOOKS.camera, seed, brief.script),
  };
  const character = {
    name: hero,
    physicalDescription: `${look('age')}, ${look('hair')}, ${look('mark')}`,
    clothingDescription: `${look('coat')} and ${look('extra')}`,
  };
  return JSON.stringify({ styleGuide, characters: [character], scenes });
}
