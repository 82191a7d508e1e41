import { spawnSync } from 'node:child_process';

const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
const has = (name) => spawnSync('dpkg', ['-s', name], quiet).status === 0;

/** Installs Debian packages that are missing, where we may. */
export function installMissing(names) {
  const missing = () => names.filter((name) => !has(name));
  const install = () => spawnSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...missing()], quiet);
  if (missing().length === 0 || process.getuid?.() !== 0) return;
  if (install().status === 0) return;
  spawnSync('apt-get', ['-qq', 'update'], quiet);
  install();
}
