// The lock must name everything that it depends on (some releases lack a platform's binary package, and npm drops
// those in silence: the next `npm ci` fails), and must not tie the project to one registry host.
import { readFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const packages = lock.packages;
const problems = [];

/** Node's resolution: the nearest node_modules on the way up that holds the name. */
function isLocked(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at}${at ? '/' : ''}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

for (const [path, entry] of Object.entries(packages)) {
  const wanted = { ...entry.dependencies, ...entry.optionalDependencies };
  for (const name of Object.keys(wanted)) {
    if (!isLocked(path, name)) problems.push(`${path || 'the project'} depends on ${name}, which is not in the lock`);
  }
  if (/^https?:/.test(entry.resolved ?? '')) problems.push(`${path} names a registry host (resolved)`);
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
