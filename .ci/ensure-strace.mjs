// strace, for faults in single system calls: installed with apt-get where we may. Where it can not be had, what needs it says that it is skipped.
import { spawnSync } from 'node:child_process';

const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
const runs = () => spawnSync('strace', ['-V'], quiet).status === 0;
const install = () => spawnSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', 'strace'], quiet);

if (!runs() && process.getuid?.() === 0 && install().status !== 0) {
  spawnSync('apt-get', ['-qq', 'update'], quiet);
  install();
}
