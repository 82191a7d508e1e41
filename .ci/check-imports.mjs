// Holds the import directions of the house: every room may import only its own files and the rooms named for it here.
// `public` means the package's own entry points (`vidpipe`, `vidpipe/provider`, ...), as a third party imports them.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import ts from 'typescript';

const domain = ['project', 'spec', 'errors'];
const below = ['engine', 'stages', 'money', 'media', 'provider-kit', 'sql', ...domain];
const rooms = {
  spec: [],
  errors: [],
  project: ['spec', 'errors'],
  money: domain,
  media: ['spec', 'errors'],
  'provider-kit': ['spec', 'errors'],
  stages: domain,
  engine: ['stages', 'money', 'media', 'provider-kit', ...domain],
  'executors/in-process': ['engine', 'stages', 'money', 'media', 'provider-kit', ...domain],
  'executors/*': ['public'],
  sql: ['spec', 'errors'],
  client: ['index', 'http', 'spec'],
  pipeline: ['executors/in-process', ...below],
  index: ['pipeline', 'executors/in-process', ...below],
  storage: ['executors/in-process', ...below],
  http: ['pipeline', 'engine', 'money', ...domain],
  testing: ['public'],
  'providers/*': ['public'],
  'storage-adapters/*': ['public'],
};

/** Rooms that import types alone, as they run where the rest of the house can not. */
const typesOnly = ['client'];

/** Packages that one file alone may import, so that there is one policy. */
const once = ['p-retry', 'p-limit'];

/** `src/engine/log.ts` -> `engine`, `src/executors/in-process.ts` -> `executors/in-process`, `providers/x/y.ts` -> `providers/x`. */
function roomOf(file) {
  const [top, room, inner] = file.replace(/\.ts$/, '').split(sep);
  if (top !== 'src') return `${top}/${room}`;
  return room === 'executors' ? `executors/${inner}` : room;
}

function allowedFor(room) {
  return rooms[room] ?? rooms[room.replace(/\/.*/, '/*')];
}

function importsOf(file) {
  return ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles.map((found) => found.fileName);
}

function targetOf(file, specifier) {
  if (specifier === 'vidpipe' || specifier.startsWith('vidpipe/')) return 'public';
  return specifier.startsWith('.') ? roomOf(normalize(join(dirname(file), specifier))) : undefined;
}

/** Imports of other rooms or of packages that are still there when the types are gone. */
function valueImports(file) {
  const source = readFileSync(file, 'utf8');
  const statements = source.match(/^(?:import|export)\s(?!type\b)[^;]*?from '[^']+'/gm) ?? [];
  return statements.filter((statement) => !/from '\.\//.test(statement));
}

function complaintsAbout(file) {
  const room = roomOf(file);
  const allowed = allowedFor(room);
  if (!allowed) return [`${file}: the room "${room}" is not in the plan of the house (.ci/check-imports.mjs)`];
  const wrong = [];
  for (const specifier of importsOf(file)) {
    const target = targetOf(file, specifier);
    if (target && target !== room && !allowed.includes(target)) {
      wrong.push(`${file}: ${room} may not import ${specifier} (may: ${allowed.join(', ') || 'nothing'})`);
    }
  }
  const values = typesOnly.includes(room) ? valueImports(file) : [];
  return [...wrong, ...values.map((statement) => `${file}: ${room} may import types alone: ${statement}`)];
}

function importedOnce(files, name) {
  const importers = files.filter((file) => importsOf(file).includes(name));
  return importers.length > 1 ? [`${name} may be imported in one file only, not in ${importers.join(', ')}`] : [];
}

const files = ['src', 'providers', 'storage-adapters'].flatMap((top) =>
  readdirSync(top, { recursive: true })
    .filter((entry) => entry.endsWith('.ts') && !entry.endsWith('.d.ts'))
    .map((entry) => join(top, entry)),
);
const complaints = [...files.flatMap(complaintsAbout), ...once.flatMap((name) => importedOnce(files, name))];
if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
