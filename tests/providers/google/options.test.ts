import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { google, type GoogleOptions } from 'vidpipe/providers/google';

function issuesOf(options: unknown): readonly string[] {
  try {
    google(options as GoogleOptions);
    return [];
  } catch (error) {
    return (error as { details: { issues: string[] } }).details.issues;
  }
}

describe('options of google()', () => {
  it.each([
    [{ project: 'p' }, /project/],
    [{ vertex: { projekt: 'p' } }, /^vertex: .*projekt/],
    [{ vertex: { location: 'US Central' } }, /^vertex\.location: .*us-central1/],
    [{ vertex: { bucket: 'gs://films' } }, /^vertex\.bucket: .*without gs:\/\//],
    [{ vertex: { prefix: '/films/' } }, /^vertex\.prefix/],
    [{ vertex: { credentials: { clientEmail: 'a@b' } } }, /^vertex\.credentials\.privateKey/],
    [{ vertex: { keyFile: 'k.json', apiKey: 'k' } }, /^vertex: credentials, keyFile and apiKey exclude each other/],
    [{ vertex: { labels: { team: 1 } } }, /^vertex\.labels\.team/],
    [{ apiKey: '' }, /^apiKey/],
    [{ apiKey: 7 }, /^apiKey/],
    [{ baseUrls: { vertex: 'aiplatform.googleapis.com' } }, /^baseUrls\.vertex: expected an http or https address/],
    [{ baseUrls: { storage: 'ftp://x' } }, /^baseUrls\.storage/],
    [{ baseUrls: { video: 'http://x' } }, /^baseUrls: .*video/],
    [{ models: { 'gemini-9': { kind: 'text', surfaces: {}, can: {}, rates: [] } } }, /^models\.gemini-9\.api/],
    [{ models: { 'gemini-3.8-flash': { api: 'veo' } } }, /^models\.gemini-3\.8-flash\.api: expected gemini for text/],
    [{ models: { 'gemini-3.8-flash': { price: 1 } } }, /^models\.gemini-3\.8-flash: .*price/],
    [{ models: { 'gemini-3.8-flash': { rates: [{ unit: 'frame' }] } } }, /^models\.gemini-3\.8-flash: price: .*unit/],
    [
      { models: { 'gemini-3.8-flash': { can: { maxOutputTokens: 0 } } } },
      /^models\.gemini-3\.8-flash: maxOutputTokens/,
    ],
    [
      { models: { 'gemini-3.8-flash': { can: { maxOutputTokens: 5, most: 5 } } } },
      /^models\.gemini-3\.8-flash: most: unknown/,
    ],
  ])('%j is refused by its name', (options, issue) => {
    expect(issuesOf(options)).toEqual([expect.stringMatching(issue)]);
  });

  it('never repeat a key in what they refuse', () => {
    expect(
      String(
        issuesOf({ vertex: { credentials: { clientEmail: 'a@b', privateKey: '', secret: 'canary-0123456789' } } }),
      ),
    ).not.toContain('canary-0123456789');
  });

  it.each([{}, { vertex: {} }, { apiKey: 'k' }, { vertex: { project: 'p', location: 'europe-west4' }, apiKey: 'k' }])(
    '%j are taken',
    (options) => {
      expect(issuesOf(options)).toEqual([]);
    },
  );

  it('name where results may come from', () => {
    const hosts = ['storage.googleapis.com', 'generativelanguage.googleapis.com'];
    expect(google().downloads).toEqual(hosts);
    const baseUrls = { vertex: 'http://127.0.0.1:4000/vertex/', storage: 'http://127.0.0.1:4000' };
    expect(google({ baseUrls }).downloads).toEqual([...hosts, 'http://127.0.0.1:4000']);
  });

  it('read, load and open nothing', () => {
    const script = `
      import { registerHooks } from 'node:module';
      const [reads, loads] = [[], []];
      registerHooks({ resolve: (name, context, next) => (loads.push(name), next(name, context)) });
      const { google } = await import('vidpipe/providers/google');
      process.env = new Proxy(process.env, { get: (env, name) => (reads.push(String(name)), env[name]) });
      google();
      google({ vertex: { bucket: 'films' }, apiKey: 'k' }).catalogue;
      const sdk = loads.filter((name) => /@google|google-auth/.test(name));
      const open = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
      console.log(JSON.stringify({ loaded: loads.includes('zod'), reads, sdk, open }));
    `;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env: {} });
    expect(JSON.parse(out)).toEqual({ loaded: true, reads: [], sdk: [], open: [] });
  });
});

describe('settings.options.google', () => {
  const onVertex = google({ vertex: {} });
  const keyed = google();

  it.each([
    [{ personGeneration: 'allow_adult', enhancePrompt: false, compressionQuality: 'lossless', resizeMode: 'pad' }],
    [{ safety: { HARASSMENT: 'BLOCK_ONLY_HIGH' }, safetyFilterLevel: 'BLOCK_NONE', thinkingLevel: 'high' }],
  ])('%j is taken', (options) => {
    expect(onVertex.optionIssues?.(options)).toEqual([]);
  });

  it.each([
    [{ personGeneration: 'ALLOW_ALL' }, /^personGeneration/],
    [{ safety: { RUDENESS: 'OFF' } }, /^safety/],
    [{ temperature: 1 }, /temperature/],
    [{ thinkingLevel: 5 }, /^thinkingLevel/],
  ])('%j is refused by its name', (options, issue) => {
    expect(onVertex.optionIssues?.(options)).toEqual([expect.stringMatching(issue)]);
  });

  it('that only Vertex takes are refused where there is no Vertex', () => {
    expect(keyed.optionIssues?.({ resizeMode: 'pad', thinkingLevel: 'low' })).toEqual([
      'resizeMode: only models on Vertex take it; give google({ vertex })',
    ]);
  });
});
