import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

export const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/** The subpaths that hold code: everything in `exports` but `./package.json`. */
export const subpaths = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ subpath, types: target.types, code: target.default }],
);

export function specifiersOf(declarations: string): string[] {
  const found = declarations.matchAll(/(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*['"]([^'"]+)['"]/g);
  return [...found].map((match) => match[1]!);
}

/** Every declaration file that a user's compiler can reach from `exports`, with its text. */
export function publicDeclarations(): Map<string, string> {
  const reached = new Map<string, string>();
  const queue = subpaths.map(({ types }) => join(root, types));
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    const text = readFileSync(file, 'utf8');
    reached.set(file, text);
    for (const specifier of specifiersOf(text)) {
      if (specifier.startsWith('.')) queue.push(declarationOf(join(dirname(file), specifier)));
    }
  }
  return reached;
}

function declarationOf(path: string): string {
  const file = path.replace(/\.[jt]s$/, '.d.ts');
  if (!existsSync(file)) throw new Error(`${file} is imported by a declaration and is missing`);
  return file;
}
