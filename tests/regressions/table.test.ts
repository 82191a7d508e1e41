import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/regressions.md'), 'utf8');
const ROW = /^\| (?<fault>.+?) +\| (?<section>\d+) +\| `(?<file>[^`]+)`: (?<title>.+?) +\|$/gm;
const rows = [...page.matchAll(ROW)].map(({ groups }) => groups as Record<'section' | 'file' | 'title', string>);

/** What the tests of a file are called, as it is written there: a text, and after it a function. */
function titlesOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const titles = text.matchAll(/(?<!(?:describe|on)\()(?<=\(\s*)(['"`])(?<title>.*?)\1,\s*(?:async )?\(/g);
  return [...titles].map(({ groups }) => groups?.['title'] ?? '');
}

it('the page names tests that are there', () => {
  const lost = rows.filter(({ file, title }) => !titlesOf(file).includes(title));
  expect(lost.map(({ file, title }) => `${file}: ${title}`)).toEqual([]);
});

it('every section of faults is in the page, and its tables have no line that is not a row', () => {
  expect([...new Set(rows.map(({ section }) => section))]).toEqual(['2', '3', '4', '5', '6', '7', '8', '9', '12']);
  expect(page.split('\n').filter((line) => /^\| (?!fault |-)/.test(line))).toHaveLength(rows.length);
});

it('every test of this folder is in the page', () => {
  const names = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.test.ts') && name !== 'table.test.ts',
  );
  const listed = new Set(rows.map(({ file, title }) => `${file}: ${title}`));
  const tests = names.flatMap((name) => {
    const file = `tests/regressions/${name}`;
    return titlesOf(file).map((title) => `${file}: ${title}`);
  });
  expect(tests.length).toBeGreaterThan(80);
  expect(tests.filter((test) => !listed.has(test))).toEqual([]);
});
