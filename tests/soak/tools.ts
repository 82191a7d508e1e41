import { spawnSync } from 'node:child_process';

function apt(...args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', ['-qq', ...args], { stdio: 'ignore', env }).status === 0;
}

/** What is in the way of a section; what is missing is installed first from the Debian package, where this user may. */
export function withTool(name: string, why: () => string | null): string | null {
  if (why() === null || process.getuid?.() !== 0) return why();
  const install = ['-y', '--no-install-recommends', 'install', name];
  console.log(`${name} is missing; installing it with apt-get`);
  if (!apt(...install) && apt('update')) apt(...install);
  return why();
}
