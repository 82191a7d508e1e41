import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { usd } from 'vidpipe';
import { local, serve } from 'vidpipe/http';
import { HttpWorld } from '../support/http.ts';
import { settingsFor } from '../support/world.ts';

const page = join(import.meta.dirname, '../../docs/http.md');
const FENCE = /(?<=^```console\n)[^]*?(?=^```$)/m;
const MARK = '@@ next @@';

/** What differs from run to run. */
function settled(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{32}\b/g, '<id>')
    .replaceAll(/\bsha256-[0-9a-f]{64}/g, '<digest>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/^Date: .*$/gm, 'Date: <time>');
}

/** The commands of a transcript, each with what it prints now. */
async function run(transcript: string, url: string): Promise<string> {
  const commands = transcript.split('\n').filter((line) => line.startsWith('$ '));
  const script = commands.map((command) => `${command.slice(2)}\necho '${MARK}'`).join('\n');
  const cwd = mkdtempSync(join(tmpdir(), 'vidpipe-curl-'));
  const film = settingsFor(1, { budget: usd(9), gates: ['plan'] });
  writeFileSync(join(cwd, 'film.json'), JSON.stringify(film));
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd, env: { ...process.env, URL: url } });
  rmSync(cwd, { recursive: true });
  const said = stdout.replaceAll(/ *\r/g, '').split(`${MARK}\n`);
  return commands.map((command, at) => `${command}\n${said[at]!.replace(/([^\n])$/, '$1\n')}`).join('');
}

// `WRITE=1 npx vitest run tests/http/transcripts.test.ts` writes them anew.
it('docs/http.md shows what curl prints', async () => {
  const { pipeline } = new HttpWorld();
  const server = await serve(pipeline, { authorize: local() });
  const text = readFileSync(page, 'utf8');
  const [shown = ''] = FENCE.exec(text) ?? [];
  const said = await run(shown, server.url);
  if (process.env['WRITE'] === '1')
    writeFileSync(
      page,
      text.replace(FENCE, () => said),
    );
  else expect(settled(said)).toBe(settled(shown));
  expect(said.split('$ ').length).toBeGreaterThan(12);
  await server.close();
  await pipeline.close();
});
