// node .ci/quote.mjs: rewrites every fence in README.md and docs/ that follows `<!-- path -->` or `<!-- path#region -->` with what it quotes.
// With --check: changes nothing, and fails where a fence differs, or where TypeScript is no quotation.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FENCE = /(?:^<!-- (?<path>[\w./-]+?)(?:#(?<region>[\w-]+))? -->\n+)?^```(?<language>\w*)\n(?<text>[^]*?)^```$/gm;

/** The lines between `// #region NAME` and the next `// #endregion`, moved to the left margin. */
function regionOf(source, path, region) {
  const [, inside] = new RegExp(`^ *// #region ${region}\\n([^]*?)^ *// #endregion`, 'm').exec(source) ?? [];
  if (inside === undefined) throw new Error(`${path} has no region ${region}`);
  const margin = /^ */.exec(inside)[0];
  return inside.replaceAll(new RegExp(`^${margin}`, 'gm'), '');
}

/** What a fence must hold: regions without their marks. */
function quoted({ path, region }) {
  const source = readFileSync(path, 'utf8');
  return region === undefined
    ? source.replaceAll(/^ *\/\/ #(?:region|endregion).*\n/gm, '')
    : regionOf(source, path, region);
}

const check = process.argv.includes('--check');
const docs = readdirSync('docs', { recursive: true }).filter((name) => name.endsWith('.md'));
const faults = [];
for (const page of ['README.md', ...docs.filter((name) => !/^api[\\/]/.test(name)).map((name) => join('docs', name))]) {
  const before = readFileSync(page, 'utf8');
  const after = before.replaceAll(FENCE, (...found) => {
    const [fence, groups] = [found[0], found.at(-1)];
    if (groups.path === undefined) {
      if (groups.language === 'ts') faults.push(`${page}: a ts fence quotes nothing: ${groups.text.split('\n')[0]}`);
      return fence;
    }
    const text = quoted(groups);
    if (text !== groups.text)
      faults.push(`${page}: the fence is not ${groups.path}${groups.region ? `#${groups.region}` : ''}`);
    return fence.slice(0, fence.indexOf('```')) + `\`\`\`${groups.language}\n${text}\`\`\``;
  });
  if (!check && after !== before) writeFileSync(page, after);
}
if (check) for (const fault of faults) console.error(fault);
process.exitCode = check && faults.length > 0 ? 1 : 0;
