// npm run bench -- NAME: runs tests/bench/NAME.ts. Without a name, lists what there is.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const folder = 'tests/bench';
const [name, ...rest] = process.argv.slice(2);
const file = `${folder}/${name}.ts`;

if (!name || !existsSync(file)) {
  const names = existsSync(folder) ? readdirSync(folder).filter((entry) => entry.endsWith('.ts')) : [];
  console.error(`usage: npm run bench -- NAME\n${names.map((entry) => `  ${entry.slice(0, -3)}`).join('\n')}`);
  process.exit(1);
}
process.exit(spawnSync(process.execPath, [file, ...rest], { stdio: 'inherit' }).status ?? 1);
