import { describe } from 'vitest';
import { google, type GoogleOptions } from 'vidpipe/providers/google';
import { type VideoSubject, videoModelCases } from 'vidpipe/testing';
import { declare } from '../../support/conformance.ts';
import { Cloud } from './cloud.ts';

const film = new TextEncoder().encode('\0\0\0\u0018ftypisom');

interface FilmSubject extends VideoSubject {
  readonly cloud: Cloud;
}

/** A model over services of its own. */
async function subject(modelId: string, options: GoogleOptions): Promise<FilmSubject> {
  const cloud = await new Cloud({ film }).listen();
  const { origin } = cloud;
  const open = () => google({ ...options, baseUrls: { vertex: origin, storage: origin, developer: origin } });
  const [requests, billed, finish] = [() => cloud.requests, () => cloud.billed, () => cloud.finish()];
  return { cloud, provider: open(), modelId, requests, billed, finish, reopen: open };
}

describe.each(['veo-3.1-generate-001', 'veo-3.1-lite-generate-001'])('%s', (id) => {
  const vertex = { project: 'proj', apiKey: 'key-of-vertex', bucket: 'films' };
  const create = () => subject(id, { vertex });
  declare(videoModelCases({ create, destroy: ({ cloud }) => cloud.close() }, ['idempotent', 'cancel']));
});
describe.each(['gemini-omni-1.1-flash', 'gemini-omni-1.2-flash'])('%s', (id) => {
  const create = () => subject(id, { apiKey: 'key-of-developer' });
  declare(videoModelCases({ create, destroy: ({ cloud }) => cloud.close() }, ['idempotent', 'lookUp']));
});
