import { createHash } from 'node:crypto';
import type { TextRequest } from 'vidpipe/provider';

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

const SMALL = new Set(
  'a an the and or of in on at to with for from by into out is are was were that this it its his her their who which as then'.split(
    ' ',
  ),
);

function line(text: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
}

function termsOf(script: string): string[] {
  const words = script.match(/[\p{L}\p{N}'-]+/gu) ?? [];
  return [...new Set(words.filter((word) => !SMALL.has(word.toLowerCase()) && word.length > 2))];
}

/** The hero is what the script speaks of first: its words up to the first verb-like one. */
function heroOf(script: string): string {
  const words = script.split(/\s+/).slice(0, 4);
  const end = words.findIndex((word, index) => index > 0 && /(s|ed)$/.test(word) && !SMALL.has(word.toLowerCase()));
  return (
    words
      .slice(0, end > 0 ? end : 3)
      .join(' ')
      .replace(/^(a|an|the) /i, '')
      .replace(/[^\p{L}\p{N} '-]/gu, '') || 'Traveller'
  );
}

function sceneOf(script: string, style: string, hero: string, index: number, count: number, seed: number): object {
  const beat = BEATS[count <= 1 ? 1 : Math.round((index * (BEATS.length - 1)) / (count - 1))] ?? BEATS[0];
  const terms = termsOf(script);
  const offset = createHash('sha256').update(`${seed}/${index}`).digest()[0] ?? 0;
  const details = [0, 1, 2].map((step) => terms[(index * 2 + step + offset) % Math.max(1, terms.length)] ?? hero);
  return {
    description: `${hero} ${beat[0]}. ${script}`.slice(0, 600),
    keyDetails: [...new Set([...details, `${hero}`, `part ${index + 1}`])].slice(0, 6),
    startPrompt: `${style}: ${hero} ${beat[1]}, ${details[0]} ${details[1]}`,
    endPrompt: `${style}: ${hero} ${beat[2]}, ${details[2]} near`,
    motionPrompt: beat[3],
    transitionNotes: index === 0 ? 'opens the film' : `goes on from part ${index}`,
    cast: [hero],
    enters: index > 0 && index % 4 === 3 ? 'cut' : 'continue',
  };
}

/** A storyboard out of the script, or more scenes for one that stands: whichever the schema asks for. */
export function writeReply(request: TextRequest, seed: number): string {
  const script = line(request.prompt, 'Script') || request.prompt.slice(0, 200);
  const style = line(request.prompt, 'Style') || 'cinematic';
  const count = Number(line(request.prompt, 'Scenes')) || 1;
  const hero = heroOf(script);
  const scenes = Array.from({ length: count }, (_, index) => sceneOf(script, style, hero, index, count, seed));
  const properties = Object(request.schema['properties'] ?? {}) as object;
  if (!('styleGuide' in properties)) return JSON.stringify({ scenes });
  const styleGuide = {
    visualStyle: `${style}, soft edges, one source of light`,
    colorPalette: 'deep blue, warm amber, grey',
    cameraStyle: 'calm, eye level, long lenses',
  };
  const characters = [
    {
      name: hero,
      physicalDescription: 'about fifty, broad shoulders, grey beard, a scar on the left hand',
      clothingDescription: 'a yellow oilskin and a red scarf',
    },
  ];
  return JSON.stringify({ styleGuide, characters, scenes });
}
