// The browser of the studio's tests: installed with apt-get where we may. Where it can not be had, this says what to install.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const isThere = () => existsSync('/usr/bin/chromium');
const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
const install = () => spawnSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', 'chromium'], quiet);

if (!isThere() && process.getuid?.() === 0 && install().status !== 0) {
  spawnSync('apt-get', ['-qq', 'update'], quiet);
  install();
}
if (!isThere()) {
  console.error('The studio is tested in /usr/bin/chromium, which is not there. On Debian: apt-get install chromium');
  process.exit(1);
}
