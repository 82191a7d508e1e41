import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const script = join(root, '.ci/quote.mjs');

function quote(cwd: string, ...flags: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stderr } = spawnSync(process.execPath, [script, ...flags], { cwd, encoding: 'utf8' });
  return { status, said: stderr };
}

describe('the pages', () => {
  it('quote what they show, word for word', () => {
    expect(quote(root, '--check')).toEqual({ status: 0, said: '' });
  });

  it('link to what is there', () => {
    const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.startsWith('api'))
      .map((name) => join('docs', name));
    const dead = ['README.md', ...pages].flatMap((page) =>
      [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !existsSync(join(root, dirname(page), link)))
        .map((link) => `${page}: ${link}`),
    );
    expect(dead).toEqual([]);
  });
});

describe('the script', () => {
  let dir = '';
  const readme = (text: string): void => writeFileSync(join(dir, 'README.md'), text);
  const fence = (mark: string, text: string): string => `# t\n\n${mark}\n\n\`\`\`ts\n${text}\`\`\`\n`;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'vidpipe-quote-'));
    mkdirSync(join(dir, 'docs'));
    writeFileSync(join(dir, 'a.ts'), 'one();\n{\n  // #region two\n  two();\n    more();\n  // #endregion\n}\n');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it.each([
    ['a changed line', fence('<!-- a.ts#two -->', 'other();\n'), 'README.md: the fence is not a.ts#two\n'],
    ['a quotation of nothing', fence('', 'other();\n'), 'README.md: a ts fence quotes nothing: other();\n'],
  ])('finds %s', (_, text, said) => {
    readme(text);
    expect(quote(dir, '--check')).toEqual({ status: 1, said });
  });

  it('fails for a region that is not there', () => {
    readme(fence('<!-- a.ts#three -->', ''));
    expect(quote(dir).said).toContain('a.ts has no region three');
  });

  it('writes a region at the left margin, and a file without its marks', () => {
    readme(fence('<!-- a.ts#two -->', 'other();\n') + fence('<!-- a.ts -->', ''));
    expect(quote(dir).status).toBe(0);
    expect(readFileSync(join(dir, 'README.md'), 'utf8')).toBe(
      fence('<!-- a.ts#two -->', 'two();\n  more();\n') +
        fence('<!-- a.ts -->', 'one();\n{\n  two();\n    more();\n}\n'),
    );
  });
});
