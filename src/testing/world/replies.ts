import type {
  Blocked,
  Charged,
  ClipRequest,
  FlaggedInput,
  ImageRequest,
  MediaRef,
  Reply,
  TextRequest,
  Usage,
} from 'vidpipe/provider';
import type { ModelFaultKind } from './faults.ts';
import { paper, type PaperFacts } from './paper.ts';
import { key } from './refusals.ts';
import { careless } from './secrets.ts';

/** What the service makes for a request when nothing goes wrong: outputs that name their call, and what they are billed by. */
export interface Made {
  readonly bytes: Uint8Array;
  /** The other takes of the same call. */
  readonly more?: readonly Uint8Array[];
  readonly usage: Usage;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function words(note: string): object {
  return {
    description: note,
    keyDetails: [note],
    startPrompt: `start ${note}`,
    endPrompt: `end ${note}`,
    motionPrompt: `motion ${note}`,
    transitionNotes: '',
    cast: ['Ada'],
    enters: 'continue',
  };
}

/** A storyboard, or more scenes, as the request asks; `fault` spoils it. */
export function writing({ prompt }: TextRequest, callId: string, fault: ModelFaultKind | null): Made {
  const asked = Number(/^Scenes: (\d+)$/m.exec(prompt)?.[1] ?? 1);
  const scenes = Array.from({ length: asked + (fault === 'wrong-count' ? 1 : 0) }, (_, at) => words(`${callId} ${at}`));
  const reply = {
    styleGuide: { visualStyle: 'ink', colorPalette: 'blue', cameraStyle: 'still' },
    characters: [{ name: 'Ada', physicalDescription: 'tall', clothingDescription: 'coat' }],
    scenes,
  };
  const text = fault === 'not-json' ? `no words of ${callId}` : JSON.stringify(reply);
  return { bytes: encode(text), usage: { inputTokens: 100, outputTokens: 500 } };
}

/** A picture; one in another size than was asked for has to be fitted. */
export function picture({ width, height }: ImageRequest, callId: string, fault: ModelFaultKind | null): Made {
  const scale = fault === 'wrong-size' ? 2 : 1;
  const facts = { kind: 'image' as const, width: width * scale, height: height * scale, note: callId };
  return { bytes: paper(facts), usage: { images: 1 } };
}

/** As many clips as are asked for; of several a filter may take the last. */
export function clip(
  { seconds, width, height, takes }: ClipRequest,
  callId: string,
  fault: ModelFaultKind | null,
): Made {
  const bytes = paper({ kind: 'video', seconds, width, height, note: callId });
  const count = fault === 'partial' ? Math.max(1, takes - 1) : takes;
  const more = Array.from({ length: count - 1 }, (_, nth) => another(bytes, ` ${nth + 2}`));
  return { bytes, more, usage: { seconds: seconds * count } };
}

/** Outcomes of a taken submission that are no success, and what they cost. */
const OUTCOMES: Readonly<
  Partial<Record<ModelFaultKind, { readonly reply: 'blocked' | 'failed'; readonly charged: Charged }>>
> = {
  failed: { reply: 'failed', charged: 'no' },
  'failed-charged': { reply: 'failed', charged: 'yes' },
  lost: { reply: 'failed', charged: 'no' },
  'charge-unknown': { reply: 'failed', charged: 'unknown' },
  blocked: { reply: 'blocked', charged: 'no' },
  'blocked-charged': { reply: 'blocked', charged: 'yes' },
  flagged: { reply: 'blocked', charged: 'yes' },
  'blocked-output': { reply: 'blocked', charged: 'no' },
  'blocked-start-frame': { reply: 'blocked', charged: 'no' },
  'blocked-end-frame': { reply: 'blocked', charged: 'no' },
};

const FLAGGED: Readonly<Partial<Record<ModelFaultKind, FlaggedInput>>> = {
  'blocked-output': 'output',
  'blocked-start-frame': 'start-frame',
  'blocked-end-frame': 'end-frame',
  partial: 'output',
};

function blocked(fault: ModelFaultKind, charged: Charged): Blocked {
  const input = FLAGGED[fault] ?? 'prompt';
  return { state: 'blocked', reasons: [careless('a filter of the world', key())], codes: ['58061214'], input, charged };
}

/** Whether the service bills a submission that it took. What it can not tell itself it bills. */
export function isBilled(fault: ModelFaultKind | null): boolean {
  return fault === null || OUTCOMES[fault]?.charged !== 'no';
}

/** Another take of the same call. */
function another(bytes: Uint8Array, mark: string): Uint8Array {
  const facts = JSON.parse(new TextDecoder().decode(bytes)) as PaperFacts;
  return paper({ ...facts, note: `${facts.note ?? ''}${mark}` });
}

function outputs({ bytes, more = [] }: Made, callId: string, fault: ModelFaultKind | null): readonly Uint8Array[] {
  if (fault === 'no-output') return [];
  if (fault === 'empty-bytes') return [new Uint8Array()];
  if (fault === 'bad-bytes') return [encode(`junk of ${callId}`)];
  return [bytes, ...more, ...(fault === 'two-takes' ? [another(bytes, '-again')] : [])];
}

/** The final answer of a submission that was taken; `deliver` says how its outputs are handed over. */
export function replyOf(
  made: Made,
  callId: string,
  fault: ModelFaultKind | null,
  deliver: (bytes: Uint8Array) => MediaRef,
): Reply {
  const outcome = fault === null ? undefined : OUTCOMES[fault];
  const usage = outcome?.charged === 'yes' ? { usage: made.usage } : {};
  const flagged = fault === 'flagged' ? { outputs: [deliver(made.bytes)] } : {};
  if (fault !== null && outcome?.reply === 'blocked')
    return { ...blocked(fault, outcome.charged), ...usage, ...flagged };
  if (outcome !== undefined) {
    const kind = fault === 'lost' ? 'lost' : 'transient';
    return {
      state: 'failed',
      kind,
      message: careless(`${fault}, as planned`, key()),
      charged: outcome.charged,
      ...usage,
    };
  }
  const refs = outputs(made, callId, fault).map(deliver);
  const part = fault === 'partial' ? { blocked: blocked(fault, 'no') } : {};
  return { state: 'succeeded', outputs: refs, usage: made.usage, ...part };
}
