import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../examples');
const snippets = readdirSync(root).filter((name) => /^\d\d-.*\.ts$/.test(name));

it.each(snippets)('%s is short and runs', (name) => {
  const source = readFileSync(join(root, name), 'utf8');
  expect(source.split('\n').length).toBeLessThanOrEqual(41);
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-example-'));
  try {
    const said = execFileSync(process.execPath, [join(root, name), dir], { encoding: 'utf8' });
    expect(said).toMatch(/completed|run\.ended/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
