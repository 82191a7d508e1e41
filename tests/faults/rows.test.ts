import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROWS } from './rows.ts';

it('every fault of the list has a test, or says what is missing', () => {
  expect(ROWS).toHaveLength(27);
  for (const { fault, proofs } of ROWS) expect([fault, proofs.length]).not.toEqual([fault, 0]);
  expect(ROWS.filter(({ todo }) => todo !== undefined).map(({ fault }) => fault)).toEqual([
    'a database of an older version, of a newer one',
  ]);
});

it.each(ROWS)('$fault: the tests that are named are there', ({ proofs }) => {
  const missing = proofs.filter(({ file, title }) => {
    const text = readFileSync(join(import.meta.dirname, '..', file), 'utf8');
    const at = text.indexOf(`'${title}'`);
    return at < 0 || !text.slice(0, at).trimEnd().endsWith('(');
  });
  expect(missing).toEqual([]);
});
