import { describe, expect, it, vi } from 'vitest';
import { type CallOptions, ProviderError } from 'vidpipe/provider';
import { google } from 'vidpipe/providers/google';
import type { GoogleFault, GoogleRequest, LoopbackGoogle } from 'vidpipe/testing';
import { handClock } from '../clock.ts';
import { fake } from '../../testing/google/support.ts';
import { film, videoModel } from './films.ts';
import { callOptions, draw, write } from './requests.ts';

type Submit = (google: LoopbackGoogle, call: CallOptions) => Promise<unknown>;

const vertex = (at: LoopbackGoogle) => google(at.vertex());
const developer = (at: LoopbackGoogle) => google(at.developer());
const IMAGEN = 'imagen-4.0-generate-001';
const VEO = 'veo-3.1-generate-001';
const OMNI = 'gemini-omni-1.2-flash';

const SUBMISSIONS: readonly (readonly [name: string, request: GoogleRequest, submit: Submit])[] = [
  ['text on Vertex', 'text', (at, call) => write(vertex(at), {}, call)],
  ['text with a key', 'text', (at, call) => write(developer(at), {}, call)],
  ['an image on Vertex', 'image', (at, call) => draw(vertex(at), {}, undefined, call)],
  ['an image with a key', 'image', (at, call) => draw(developer(at), {}, undefined, call)],
  ['an image of Imagen', 'imagen', (at, call) => draw(vertex(at), {}, IMAGEN, call)],
  ['a clip of Veo', 'veo', (at, call) => film(videoModel(vertex(at), VEO), {}, call)],
  ['a clip of Omni on Vertex', 'omni', (at, call) => film(videoModel(vertex(at), OMNI), {}, call)],
  ['a clip of Omni with a key', 'omni', (at, call) => film(videoModel(developer(at), OMNI), {}, call)],
];

/** Faults with how often the request is billed. */
const FAULTS: readonly (readonly [GoogleFault, 0 | 1])[] = [
  ['unavailable', 0],
  ['accept-then-503', 1],
  ['internal', 0],
  ['quota', 0],
  ['reset', 0],
  ['accept-then-reset', 1],
  ['cut', 1],
  ['hang', 0],
  ['accept-then-hang', 1],
];

/** In July 2026 Vertex still served Imagen. */
const july = (): ReturnType<typeof handClock> => handClock(Date.UTC(2026, 6, 1));

describe.each(SUBMISSIONS)('a submission of %s', (_, on, submit) => {
  it.each(FAULTS)('is sent once under %s', async (fault, bills) => {
    const { google: at } = await fake({ scale: 8, script: [{ fault, on, times: 9 }] }, july());
    const deadline = new AbortController();
    const answer = submit(at, callOptions(deadline.signal)).catch((error: unknown) => error);
    if (fault.endsWith('hang')) {
      await vi.waitFor(async () => {
        expect(at.requests()).toHaveLength(1);
        expect(await at.bills()).toHaveLength(bills);
      });
      deadline.abort(new DOMException('The deadline has passed.', 'TimeoutError'));
    }
    const error = await answer;
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ accepted: fault === 'quota' ? 'no' : 'unknown' });
    expect(at.requests()).toHaveLength(1);
    expect(await at.bills()).toHaveLength(bills);
  });
});
