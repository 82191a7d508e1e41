import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { earlierWork } from './earlier.ts';
import { editsTable } from './edits.ts';
import { withTable } from './markdown.ts';

const pageOf = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

it('the table of edits in the page is what the script prints', async () => {
  const page = pageOf('changes.md');
  expect(withTable(page, 'edits', await editsTable())).toBe(page);
});

it('a table without a place in its page is told', () => {
  expect(() => withTable('# Page', 'edits', '')).toThrow('no place for the table edits');
});

/** What was seen of the earlier system: four scenes of six seconds. */
it.each([
  ['another video model', { videoModel: true }, { texts: 0, stills: 0, clips: 0 }],
  ['shorter clips, as long a film', { clipSeconds: 4 }, { scenes: 6, texts: 1, stills: 2, clips: 2 }],
  ['a scene less, no length named', { deleted: [1] }, { scenes: 4, texts: 1, stills: 1, clips: 1 }],
  ['a scene less, as its page sent it', { deleted: [1], total: 18 }, { scenes: 3, texts: 0, stills: 2, clips: 2 }],
  ['another style, and longer', { style: true, total: 30 }, { scenes: 5, texts: 1, stills: 1, clips: 1 }],
  ['a shorter film', { total: 12 }, { scenes: 2, texts: 1, stills: 3, clips: 2 }],
  ['the first frame', { edits: { 0: 'frame' } }, { texts: 0, stills: 5, clips: 4 }],
  ['nothing', {}, { texts: 0, stills: 0, clips: 0 }],
] as const)('the rules of the earlier system are those that were seen: %s', (_, request, work) => {
  expect(earlierWork({ scenes: 4, clipSeconds: 6 }, request)).toMatchObject(work);
});
