import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { root, subpaths } from './package-files.ts';

const allowed = [
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^dist\/(?:[\w-]+\/)*[\w-]+\.js(?:\.map)?$/,
  /^dist\/types\/(?:[\w.-]+\/)*[\w.-]+\.d\.ts$/,
  /^docs\/(?!api\/)(?:[\w-]+\/)*[\w.-]+\.(?:md|png|svg)$/,
];

function packed(): string[] {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // An array, or from npm 12 on an object by package name.
  const [tarball] = Object.values(JSON.parse(output) as Record<string, { files: { path: string }[] }>);
  return tarball!.files.map(({ path }) => path);
}

describe('the tarball', () => {
  const files = packed();

  it('holds no file but code, declarations, docs and licence', () => {
    expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  it('holds the licence, the readme and everything that exports names', () => {
    const wanted = ['LICENSE', 'README.md', 'package.json', ...subpaths.flatMap(({ code, types }) => [code, types])];
    expect(wanted.map((file) => file.replace(/^\.\//, '')).filter((file) => !files.includes(file))).toEqual([]);
  });
});
