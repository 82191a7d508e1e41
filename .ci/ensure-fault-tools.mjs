// strace and libfaketime, for faults in single system calls and clocks that are set: installed with apt-get where we may. Where they can not be had, what needs them says that it is skipped.
import { spawnSync } from 'node:child_process';

const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
const has = (name) => spawnSync('dpkg', ['-s', name], quiet).status === 0;
const missing = () => ['strace', 'faketime'].filter((name) => !has(name));
const install = () => spawnSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...missing()], quiet);

if (missing().length > 0 && process.getuid?.() === 0 && install().status !== 0) {
  spawnSync('apt-get', ['-qq', 'update'], quiet);
  install();
}
