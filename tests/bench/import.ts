// What `import 'vidpipe'` costs above `import 'zod'`, its largest dependency: milliseconds in a fresh process, and bytes of the core
// with everything that its import loads (bundled, minified, brotli).
import { execFileSync } from 'node:child_process';
import { relative } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { median } from './median.ts';

const ROUNDS = 31;
const MS_LIMIT = 15;
const KB_LIMIT = 40;

/** Milliseconds that one import takes in a process of its own. */
function importMs(module: string): number {
  const script = `const began = performance.now(); await import('${module}'); process.stdout.write(String(performance.now() - began));`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }));
}

/** Kilobytes (1000) of a module with everything that its import loads; what is loaded on first use is left out. */
async function bundledKb(module: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from '${module}'`, resolveDir: process.cwd() },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const loaded = (path: string): string[] =>
    (metafile.outputs[path]?.imports ?? [])
      .filter(({ kind, external }) => kind === 'import-statement' && external !== true)
      .flatMap((each) => [each.path, ...loaded(each.path)]);
  const paths = new Set(['out/stdin.js', ...loaded('out/stdin.js')]);
  const files = outputFiles.filter(({ path }) => paths.has(relative(process.cwd(), path)));
  return files.reduce((sum, { contents }) => sum + brotliCompressSync(contents).byteLength, 0) / 1000;
}

/** The same work, one after the other, so that what else the machine does meets both. */
function pair(): { readonly vidpipe: number; readonly zod: number } {
  return { vidpipe: importMs('vidpipe'), zod: importMs('zod') };
}

pair();
const pairs = Array.from({ length: ROUNDS }, pair);
const [ours, theirs] = [pairs.map(({ vidpipe }) => vidpipe), pairs.map((each) => each.zod)];
// Other work on the machine only ever adds time, so the fastest rounds tell what the import itself takes.
const above = Math.min(...ours) - Math.min(...theirs);
const [core, zod] = [await bundledKb('vidpipe'), await bundledKb('zod')];
console.log(`import-ms-above-zod ${above.toFixed(1)} ${MS_LIMIT}`);
console.log(`import-ms-median ${median(ours).toFixed(1)} -`);
console.log(`import-ms-median-of-zod ${median(theirs).toFixed(1)} -`);
console.log(`import-kb-above-zod ${(core - zod).toFixed(1)} ${KB_LIMIT}`);
console.log(`import-kb ${core.toFixed(1)} -`);
console.log(`import-kb-of-zod ${zod.toFixed(1)} -`);
process.exitCode = above > MS_LIMIT || core - zod > KB_LIMIT ? 1 : 0;
