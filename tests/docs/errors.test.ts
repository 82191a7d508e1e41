import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PipelineClosedError } from 'vidpipe';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'src/errors');

/** Every code with its class, as the files of the errors spell them. */
const codes = readdirSync(folder).flatMap((name) => {
  const source = readFileSync(join(folder, name), 'utf8');
  const found = /class (\w+) extends VidpipeError[^]*?super\(\s*'([a-z-]+)'/.exec(source);
  return found === null ? [] : [{ code: found[2]!, errorClass: found[1]! }];
});

it('every code has a page, and every page a code', () => {
  const errors = readdirSync(folder).filter((name) => name.endsWith('-error.ts') && name !== 'vidpipe-error.ts');
  expect(codes).toHaveLength(errors.length);
  const pages = readdirSync(join(root, 'docs/errors')).sort();
  expect(pages).toEqual(codes.map(({ code }) => `${code}.md`).sort());
});

it.each(codes)('the page of $code says what happened, why, what to do, and what was spent', ({ code, errorClass }) => {
  const page = readFileSync(join(root, 'docs/errors', `${code}.md`), 'utf8');
  expect(page.startsWith(`# ${code}\n\n\`${errorClass}\`. `)).toBe(true);
  const parts = [...page.matchAll(/^\*\*(.+?)\.\*\* \S.{9,}/gm)].map(([, part]) => part);
  expect(parts).toEqual(['What happened', 'Why', 'What to do', 'Money']);
});

it('an error names its page', () => {
  expect(new PipelineClosedError().docs).toBe('docs/errors/pipeline-closed.md');
});
