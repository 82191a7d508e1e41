// Finds ffmpeg and ffprobe: FFMPEG_PATH/FFPROBE_PATH, then PATH, then apt-get where we may. Else says what to install.
import { spawnSync } from 'node:child_process';

const tools = [
  { name: 'ffmpeg', variable: 'FFMPEG_PATH' },
  { name: 'ffprobe', variable: 'FFPROBE_PATH' },
];

const runs = ({ name, variable }) =>
  spawnSync(process.env[variable] || name, ['-version'], { stdio: 'ignore' }).status === 0;

const missing = () => tools.filter((tool) => !runs(tool));

function explain(left) {
  for (const { name, variable } of left) {
    const given = process.env[variable];
    console.error(given ? `${variable}=${given} does not run.` : `${name} was not found on PATH.`);
  }
  console.error(
    'Install ffmpeg (it brings ffprobe):\n' +
      '  Debian, Ubuntu   sudo apt-get install ffmpeg\n' +
      '  Fedora           sudo dnf install ffmpeg-free\n' +
      '  macOS            brew install ffmpeg\n' +
      '  Windows          winget install ffmpeg\n' +
      'or point FFMPEG_PATH and FFPROBE_PATH at the binaries.',
  );
  process.exit(1);
}

function installWithApt() {
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  const install = ['-qq', '-y', '--no-install-recommends', 'install', 'ffmpeg'];
  console.error('ffmpeg is missing; installing it with apt-get.');
  if (spawnSync('apt-get', install, { ...options, stdio: 'ignore' }).status === 0) return;
  spawnSync('apt-get', ['-qq', 'update'], options);
  spawnSync('apt-get', install, options);
}

const left = missing();
if (left.length > 0) {
  const wronglyNamed = left.some(({ variable }) => process.env[variable]);
  const mayInstall = !wronglyNamed && process.getuid?.() === 0;
  if (mayInstall && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0) installWithApt();
  const still = missing();
  if (still.length > 0) explain(still);
}
