// A user's project in an empty folder outside the tree: the packed package is installed, type-checked against, and run on the oldest and the
// newest line of Node that are supported. Prints a line for each check; exits with 1 when one fails. Needs a build.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const OLD_NODE = '22.23.3';
const FIXTURES = 'tests/package/consumer-outside';
const LINES = { 'render-farm.ts': 120, 'sqlite-assets.ts': 60 };

const home = mkdtempSync(join(tmpdir(), 'vidpipe-consumer-'));
let failures = 0;

/** Without what `npm run` tells its children: an `npm` of the folder must not think that it works for this project. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_ENV)/i.test(name)),
);

function run(program, args, cwd = home) {
  return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function check(name, test) {
  const began = performance.now();
  try {
    const said = test() ?? '';
    console.log(`ok   ${name}${said === '' ? '' : `: ${said}`} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL ${name}\n${[error.message, error.stdout].filter(Boolean).join('\n')}`);
  }
}

/** The first example of the README's section `Use it`, as it stands there. */
function quickStart() {
  const [, code] = /## Use it\n[\s\S]*?```ts\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? [];
  if (code === undefined) throw new Error('README.md has no example under "## Use it"');
  return code;
}

function install() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const tools = ['typescript', '@types/node'].map((name) => `${name}@${packages[`node_modules/${name}`].version}`);
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', home], process.cwd());
  const tarball = readdirSync(home).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(home, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', `./${tarball}`, ...tools]);
  return [tarball, ...tools].join(', ');
}

function write() {
  cpSync(FIXTURES, home, { recursive: true });
  writeFileSync(join(home, 'quick-start.ts'), quickStart());
  const lengths = Object.entries(LINES).map(([name, most]) => {
    const lines = readFileSync(join(home, name), 'utf8').trimEnd().split('\n').length;
    if (lines > most) throw new Error(`${name} has ${lines} lines, more than ${most}`);
    return `${name} ${lines}/${most}`;
  });
  return lengths.join(', ');
}

function typeCheck(project) {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project]);
}

function oldNode() {
  const npx = ['--yes', '--prefer-offline', '--package', `node@${OLD_NODE}`, '--call', 'node -p process.execPath'];
  const path = run('npx', npx);
  const version = run(path, ['--version']);
  if (version !== `v${OLD_NODE}`) throw new Error(`npx gave Node ${version} in place of ${OLD_NODE}`);
  return path;
}

function film(node) {
  const cwd = join(home, `film-${run(node, ['--version'])}`);
  mkdirSync(cwd);
  const said = run(node, ['../out/quick-start.js'], cwd);
  const saved = readdirSync(cwd, { recursive: true }).find((name) => basename(name) === 'film.mp4');
  if (saved === undefined) throw new Error(`no film.mp4; it said: ${said}`);
  const asked = ['-v', 'error', '-show_entries', 'format=duration:stream=codec_type,width,height', '-of', 'csv=p=0'];
  const probed = run(process.env.FFPROBE_PATH ?? 'ffprobe', [...asked, join(cwd, saved)]).replaceAll('\n', ' ');
  if (!/video,1280,720/.test(probed)) throw new Error(`film.mp4 is ${probed}`);
  return `${said}, ${probed}`;
}

function checkOn(node) {
  const version = run(node, ['--version']);
  check(`the quick start of the README makes a film on Node ${version}`, () => film(node));
  check(`a provider and a store of one's own pass the conformance cases on Node ${version}`, () =>
    run(node, ['out/conformance.js']).replace('\n', ', '),
  );
}

try {
  check('the packed package installs in an empty folder', install);
  check('the provider and the store of a user are short', write);
  check('strict types, moduleResolution nodenext', () => typeCheck('tsconfig.nodenext.json'));
  check('strict types, moduleResolution bundler', () => typeCheck('tsconfig.bundler.json'));
  if (failures === 0) [oldNode(), process.execPath].forEach(checkOn);
} finally {
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;
