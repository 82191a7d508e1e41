import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('the script that asks the real Google does nothing without credentials', () => {
  const out = execFileSync(process.execPath, ['tests/live/google.ts'], { encoding: 'utf8', env: {} });
  expect(out).toMatch(/^skipped: set GOOGLE_CLOUD_PROJECT .* or GEMINI_API_KEY/);
});
