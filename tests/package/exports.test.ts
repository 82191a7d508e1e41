import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import typedoc from '../../typedoc.json' with { type: 'json' };
import { entry } from '../../tsup.config.ts';
import { root, subpaths } from './package-files.ts';

describe('exports', () => {
  it('equals what tsup builds and what tsc declares', () => {
    const exported = Object.fromEntries(subpaths.map(({ code, types }) => [code, types]));
    const built = Object.fromEntries(
      Object.entries(entry).map(([name, source]) => [
        `./dist/${name}.js`,
        `./dist/types/${source.replace(/\.ts$/, '.d.ts')}`,
      ]),
    );
    expect(exported).toEqual(built);
  });

  it('is documented in full', () => {
    expect(typedoc.entryPoints.toSorted()).toEqual(Object.values(entry).toSorted());
  });

  it.for(subpaths)('$subpath can be imported by its name', async ({ subpath, code, types }) => {
    expect([code, types].filter((file) => !existsSync(join(root, file)))).toEqual([]);
    const module = (await import(subpath.replace('.', 'vidpipe'))) as object;
    expect(Object.keys(module)).not.toEqual([]);
  });

  it('shares one copy of each class between its entry points', async () => {
    const byName = new Map<string, unknown>();
    for (const { subpath } of subpaths) {
      const module = (await import(subpath.replace('.', 'vidpipe'))) as Record<string, unknown>;
      for (const [name, value] of Object.entries(module)) {
        if (typeof value !== 'function' || !/^class\b/.test(String(value))) continue;
        expect(byName.get(name) ?? value, `${name} of ${subpath}`).toBe(value);
        byName.set(name, value);
      }
    }
  });
});
