import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicDeclarations, root, specifiersOf } from './package-files.ts';

/** Packages whose types are part of the public surface. Everything else (zod before all) is ours to change. */
const shown = /^(?:\.|node:|vidpipe(?:\/|$)|eventemitter3$)/;

describe('the public declarations', () => {
  it('name no type of a package that is an implementation detail', () => {
    const leaks = [...publicDeclarations()].flatMap(([file, text]) =>
      specifiersOf(text)
        .filter((specifier) => !shown.test(specifier))
        .map((specifier) => `${relative(root, file)}: ${specifier}`),
    );
    expect(leaks).toEqual([]);
  });

  it('compile in a project that checks its libraries', () => {
    const tsc = join(root, 'node_modules/@typescript/native/bin/tsc');
    const project = join(root, 'tests/package/consumer/tsconfig.json');
    execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'pipe', encoding: 'utf8' });
  });
});
