import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoogleGenAI } from '@google/genai';
import { loopbackGoogle, type LoopbackGoogle, type LoopbackOptions } from 'vidpipe/testing';
import { afterAll, afterEach } from 'vitest';
import { encodePng } from '../../../providers/simulated/png.ts';
import { type HandClock, handClock } from '../../providers/clock.ts';

/** A loopback Google on a clock by hand; pictures and clips are drawn four times smaller. */
export interface Fake {
  readonly google: LoopbackGoogle;
  readonly clock: HandClock;
}

/** How long a clip takes there, milliseconds. */
export const CLIP_MS = 6_000;

const open: LoopbackGoogle[] = [];
afterEach(async () => {
  for (const google of open.splice(0)) await google.close();
});

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that ends with its file of tests. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vidpipe-loopback-'));
  folders.push(folder);
  return folder;
}

/** Starts one that ends with its test; on 22 November 2026, at ten times life. */
export async function fake(options: LoopbackOptions = {}, clock = handClock(Date.UTC(2026, 10, 22))): Promise<Fake> {
  const google = await loopbackGoogle({ clock, scale: 4, ...options });
  open.push(google);
  return { google, clock };
}

/** The real SDK at the fake's Vertex. */
export function vertexAt({ vertex }: Pick<LoopbackGoogle, 'vertex'>, location = 'us-central1'): GoogleGenAI {
  const { vertex: given, baseUrls } = vertex();
  const { apiKey, project } = given;
  return new GoogleGenAI({ vertexai: true, apiKey, project, location, httpOptions: { baseUrl: baseUrls.vertex } });
}

/** The real SDK at the fake's Developer API. */
export function developerAt(google: LoopbackGoogle, apiVersion = 'v1beta'): GoogleGenAI {
  const { apiKey } = google.developer();
  return new GoogleGenAI({ vertexai: false, apiKey, httpOptions: { baseUrl: google.url, apiVersion } });
}

/** What a call was refused with: the status, and the message of Google's body. */
export async function refusal(work: Promise<unknown>): Promise<{ readonly status: number; readonly message: string }> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason as Error,
  );
  const { status = 0, message } = error as Error & { readonly status?: number };
  const body = message.startsWith('{')
    ? (JSON.parse(message) as { error: { message: string } }).error.message
    : message;
  return { status, message: body };
}

/** What the fake billed in all, micro-dollars. */
export async function billed(google: LoopbackGoogle): Promise<number> {
  return (await google.bills()).reduce((sum, { microUsd }) => sum + microUsd, 0);
}

/** A PNG of one colour, base64. */
export function picture(red: number): string {
  const rgb = new Uint8Array(64 * 36 * 3).map((_, index) => (index % 3 === 0 ? red : 40));
  return Buffer.from(encodePng(64, 36, rgb)).toString('base64');
}
