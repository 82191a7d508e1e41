import type { GenerateVideosOperation, GenerateVideosResponse, Video } from '@google/genai';
import { type Blocked, hideSecrets, type MediaRef, type OperationStatus } from 'vidpipe/provider';
import type { ModelContext } from './context.ts';
import { operationFailure } from './errors.ts';
import { readRefusal } from './safety.ts';
import { type Folder, storedVideo } from './storage-links.ts';

/** A Veo operation: its full resource name, the length of each clip in seconds, and where the clips are written. */
export type VeoHandle = {
  readonly name: string;
  readonly seconds: number;
  readonly folder?: Folder;
};

/** What the content filter took out; Google bills none of it. */
function filtered({ raiMediaFilteredCount = 0, raiMediaFilteredReasons = [] }: GenerateVideosResponse): Blocked | null {
  if (raiMediaFilteredCount === 0 && raiMediaFilteredReasons.length === 0) return null;
  const reasons = raiMediaFilteredReasons.map((reason) => hideSecrets(String(reason)));
  const told = reasons.length > 0 ? reasons : [`Google filtered ${raiMediaFilteredCount} videos and gave no reason.`];
  const refusal = readRefusal(told, { otherwise: 'output', refused: true });
  return refusal === null ? null : { ...refusal, charged: 'no' };
}

async function outputOf(
  context: ModelContext,
  { folder }: VeoHandle,
  { videoBytes, mimeType, uri }: Video,
): Promise<MediaRef | null> {
  if (uri !== undefined && uri !== '') return storedVideo(context, folder, uri);
  if (videoBytes === undefined || videoBytes === '') return null;
  const bytes = Buffer.from(videoBytes, 'base64');
  return { bytes, ...(mimeType === undefined ? {} : { mediaType: mimeType }) };
}

/** Done, without a video that we may take. */
function nothing({ folder }: VeoHandle, videos: readonly Video[]): OperationStatus {
  const strayed = videos.some(({ uri = '' }) => uri !== '');
  const where = folder ?? 'the reply itself';
  return {
    state: 'failed',
    kind: strayed ? 'invalid-request' : 'empty',
    message: strayed
      ? `Google wrote the videos elsewhere than to ${where}; they are not fetched from there.`
      : 'Google reports success without a video.',
    charged: 'unknown',
  };
}

/** What a look at an operation tells. Videos that the filter left are delivered, with what it took out beside them. */
export async function readOperation(
  context: ModelContext,
  handle: VeoHandle,
  { done, error, response = {} }: GenerateVideosOperation,
): Promise<OperationStatus> {
  if (error !== undefined) return operationFailure(error);
  if (done !== true) return { state: 'running' };
  const videos = (response.generatedVideos ?? []).map(({ video = {} }) => video);
  const taken = await Promise.all(videos.map((video) => outputOf(context, handle, video)));
  const outputs = taken.filter((output) => output !== null);
  const blocked = filtered(response);
  if (outputs.length === 0) return blocked ?? nothing(handle, videos);
  const usage = { seconds: handle.seconds * videos.length };
  return { state: 'succeeded', outputs, usage, ...(blocked === null ? {} : { blocked }) };
}
