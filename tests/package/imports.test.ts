import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from './package-files.ts';

const recorder = `
  import { registerHooks } from 'node:module';
  const urls = [];
  registerHooks({ resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    urls.push(found.url);
    return found;
  } });
  await import('vidpipe');
  process.stdout.write(JSON.stringify(urls));
`;

it('loads no vendor SDK, ffmpeg wrapper or database on import', () => {
  const node = ['--input-type=module', '--eval', recorder];
  const urls = JSON.parse(execFileSync(process.execPath, node, { cwd: root, encoding: 'utf8' })) as string[];
  expect(urls.some((url) => url.endsWith('/dist/index.js'))).toBe(true);
  const heavy = /node_modules\/(?:@google|@google-cloud|fluent-ffmpeg|pg)\/|^node:sqlite$/;
  expect(urls.filter((url) => heavy.test(url))).toEqual([]);
});
