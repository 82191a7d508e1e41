import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from './package-files.ts';

const house = ['README.md', 'docs', 'examples', 'providers', 'src', 'storage-adapters', 'tests'];
const releases = ['.changeset', 'LICENSE'];
const checks = ['.ci', '.oxlintrc.json', '.prettierignore', '.prettierrc.json', 'knip.json', 'vitest.config.ts'];
const builds = ['tsconfig.build.json', 'tsconfig.json', 'tsup.config.ts', 'typedoc.json'];
const npm = ['.gitignore', '.npmrc', 'package-lock.json', 'package.json'];
/** Written by the first release. */
const mayBeThere = ['CHANGELOG.md'];

it('has nothing at the top level but what users look for and tools demand', () => {
  const listing = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', listing, { cwd: root, encoding: 'utf8' }).trim().split('\n');
  const entries = [...new Set(files.map((file) => file.split('/')[0]!))].filter((name) => !mayBeThere.includes(name));
  expect(entries.toSorted()).toEqual([...house, ...releases, ...checks, ...builds, ...npm].toSorted());
});
