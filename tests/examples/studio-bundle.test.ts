import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { expect, it } from 'vitest';
import { google } from 'vidpipe/providers/google';
import { simulated } from 'vidpipe/providers/simulated';

const studio = join(import.meta.dirname, '../../examples/express/studio');

/** The studio as one readable text, without React and the client. */
async function bundle(): Promise<string> {
  const built = await build({
    root: studio,
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, rolldownOptions: { external: /^(react|vidpipe)/ } },
  });
  return (built as Rolldown.RolldownOutput).output.map((part) => (part.type === 'chunk' ? part.code : '')).join('\n');
}

const entries = [
  ...simulated({ dir: '/nowhere' }).catalogue,
  ...google({ apiKey: 'none' }).catalogue,
  ...google({ vertex: { project: 'none' } }).catalogue,
];

/** Micro-dollars, and dollars unless they are round: numbers such as 10 say nothing. A million stands for the unit itself. */
function isPrice(found: number, price: number): boolean {
  if (price === 0 || price === 1_000_000) return false;
  return found === price || (found === price / 1_000_000 && !Number.isInteger(found * 10));
}

it('has no price, length or model of its own: what it offers comes from the catalogue', async () => {
  const text = await bundle();
  expect(text).toContain('api.models()');
  const numbers = (text.match(/\b\d[\d_.]*(?:e\d+)?\b/g) ?? []).map((each) => Number(each.replaceAll('_', '')));
  const lists = text.match(/\[\s*\d[\d\s,.]*\]/g)?.map((each) => each.replace(/\s/g, '')) ?? [];
  const found = entries.flatMap((entry) => [
    ...(text.includes(entry.id) ? [entry.id] : []),
    ...entry.rates.map(({ price }) => price).filter((price) => numbers.some((each) => isPrice(each, price))),
    ...(entry.kind === 'video' && lists.includes(JSON.stringify(entry.can.durations)) ? [entry.can.durations] : []),
  ]);
  expect(found).toEqual([]);
});

it('asks nothing of other hosts', () => {
  const page = readFileSync(join(studio, 'index.html'), 'utf8');
  expect(page).not.toMatch(/https?:\/\//);
});
