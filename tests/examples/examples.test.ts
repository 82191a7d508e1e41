import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readBills } from '../support/bills.ts';

const root = join(import.meta.dirname, '../../examples');
const snippets = readdirSync(root).filter((name) => /^\d\d-.*\.ts$/.test(name));

interface Said {
  readonly lines: readonly string[];
  /** Folder that the example was given. */
  readonly dir: string;
}

/** Micro-dollars of the first amount in a line. */
function money(line: string | undefined): number {
  const [, dollars = '', rest = ''] = /\$(\d+)\.(\d+)/.exec(line ?? '') ?? [];
  return Number(dollars) * 1_000_000 + Number(rest.padEnd(6, '0'));
}

function billed(dir: string): number {
  return readBills(join(dir, 'simulated')).reduce((sum, { microUsd }) => sum + microUsd, 0);
}

/** Models of the service's bills, sorted. */
function bought(dir: string): readonly string[] {
  return readBills(join(dir, 'simulated'))
    .map(({ model }) => model)
    .sort();
}

/** What each example shows. */
const shows: Readonly<Record<string, (said: Said) => void>> = {
  '01-first-film.ts': ({ lines: [line], dir }) => {
    expect(line).toMatch(/^completed \$0\.\d+$/);
    expect(money(line)).toBe(billed(dir));
    expect(existsSync(join(dir, 'film.mp4'))).toBe(true);
  },
  '02-events.ts': ({ lines }) => {
    // How often a running clip is looked at is a matter of time.
    const looks = lines.filter((line) => !/^\d+ [a-z]+\.[a-z]+$/.test(line));
    expect(looks.filter((line) => !/^\d+ % \S+ (?:0|1|0\.\d+|running)$/.test(line))).toEqual([]);
    const seqs = lines.flatMap((line) => /^(\d+) [a-z]/.exec(line)?.[1] ?? []).map(Number);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(lines.at(-1)).toBe(`${seqs.length} run.ended`);
  },
  '03-budget.ts': ({ lines: [small, lack, large], dir }) => {
    expect(small).toBe('waiting: charged $0.00 of $0.20, held $0.00');
    // Words, two stills and a clip of 4 s are expected to cost $0.27, with the tokens of a long storyboard.
    expect(lack).toMatch(/^budget lacks \$0\.07\d*$/);
    expect(large).toMatch(/^completed: charged \$0\.24\d* of \$1\.00, held \$0\.00$/);
    expect(money(small) + money(large)).toBe(billed(dir));
    expect(bought(dir)).toEqual(['film-1', ...Array(2).fill('still-1'), 'writer-1']);
  },
  '04-plan-and-approve.ts': ({ lines, dir }) => {
    expect(lines[0]).toMatch(/^plan \d+ calls \$0\.\d+ at most \$\d/);
    expect(lines[1]).toMatch(/^storyboard \d+ calls \$0\.\d+ at most \$\d/);
    // The scenes are told at the second gate, once they are written.
    expect(lines.slice(2, -1).length).toBeGreaterThan(0);
    expect(lines.slice(2, -1).filter((line) => !line.startsWith('   '))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^completed \$0\.\d+$/);
    expect(money(lines.at(-1))).toBe(billed(dir));
  },
  '05-change.ts': ({ lines: [one, two, ...others], dir }) => {
    const takes = [one, two].map((line) => /^clip-[0-9a-f]{12} (\d+) ?(used)?$/.exec(line ?? '') ?? []);
    const [used, other] = takes.toSorted(([, score], [, than]) => Number(than) - Number(score));
    expect([used?.[2], other?.[2]]).toEqual(['used', undefined]);
    expect(others).toEqual(['2 remade, 3 reused: $0.20', 'completed $0.20', 'the first clip again']);
    expect(bought(dir)).toEqual([...Array(3).fill('film-1'), 'still-1', 'still-1', 'writer-1']);
  },
  '06-expand.ts': ({ lines: [short, long, first], dir }) => {
    expect(short).toMatch(/^completed 1 4\.0 \$/);
    expect(long).toMatch(/^completed 2 8\.0 \$/);
    expect(first).toBe('the first clip is the same');
    expect(money(long)).toBe(billed(dir));
    expect(bought(dir)).toEqual(['film-1', 'film-1', ...Array(3).fill('still-1'), 'writer-1', 'writer-1']);
  },
  '07-resume.ts': ({ lines: [stopped, resumed, words], dir }) => {
    expect(stopped).toMatch(/^stopped \$0\.\d+$/);
    expect(resumed).toMatch(/^completed \$0\.\d+$/);
    expect(words).toBe('the words were kept');
    expect(money(stopped)).toBeLessThan(money(resumed));
    expect(money(resumed)).toBe(billed(dir));
    expect(bought(dir)).toEqual(['film-1', 'film-1', ...Array(3).fill('still-1'), 'writer-1']);
  },
  '08-own-provider.ts': ({ lines: [line], dir }) => {
    // Its own model bills 4 seconds at a cent; the simulated service has billed the words and the first frame; the model takes no last one.
    const others = readBills(dir);
    expect(others.map(({ model }) => model).sort()).toEqual(['still-1', 'writer-1']);
    expect(line).toMatch(/^completed 4 \$/);
    expect(money(line)).toBe(40_000 + others.reduce((sum, { microUsd }) => sum + microUsd, 0));
  },
  '09-own-store.ts': ({ lines: [cases, line] }) => {
    expect(Number(/^(\d+) cases hold$/.exec(cases ?? '')?.[1])).toBeGreaterThan(10);
    // The reply of the writer, two stills, a clip and the film.
    expect(line).toBe('completed 5 assets');
  },
  '10-own-cost-model.ts': ({ lines: [full, less] }) => {
    expect(full).toBe('waiting $0.00');
    expect(less).toMatch(/^completed \$0\.16\d*$/);
  },
  '11-google.ts': ({ lines }) => {
    // Eight seconds of the first video model are $3.20; words and two stills are the rest. Nothing is sent.
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^4 calls, \$3\.\d+, at most \$3\d\.\d+$/);
  },
  '12-without-google.ts': ({ lines: [line, bills], dir }) => {
    // Words, two stills and one clip, which was found though its answer was lost.
    expect(line).toMatch(/^completed \$1\.\d+$/);
    expect(bills).toBe(`4 bills, ${line?.replace('completed ', '')}`);
    expect(existsSync(join(dir, 'film.mp4'))).toBe(true);
  },
  '13-prove-a-provider.ts': ({ lines: [line] }) => {
    // Words, one still and two clips.
    expect(Number(/^4 bills, (\d+) crash points, 0 violations$/.exec(line ?? '')?.[1])).toBeGreaterThan(100);
  },
  '14-inspect.ts': ({ lines, dir }) => {
    expect(lines).toEqual(['completed: looked at 3', 'completed: looked at 4, remade: true, blocked: 1']);
    expect(bought(dir)).toEqual(['film-1', 'film-1', 'still-1', 'still-1', 'writer-1']);
  },
  '15-serve.ts': ({ lines }) => {
    expect(lines.slice(0, -1).map((line) => line.split(' ')[0])).toEqual(lines.slice(1).map((_, at) => `${at + 1}`));
    expect(lines.slice(-2)).toEqual([expect.stringMatching(/^\d+ run\.ended$/), '200 video/mp4 true']);
  },
};

it.each(snippets)('%s is short and shows what it says', (name) => {
  const source = readFileSync(join(root, name), 'utf8');
  expect(source.split('\n').length).toBeLessThanOrEqual(41);
  const folder = mkdtempSync(join(tmpdir(), 'vidpipe-example-'));
  const dir = join(folder, 'out');
  try {
    const said = execFileSync(process.execPath, [join(root, name), dir], { encoding: 'utf8' });
    const show = shows[name];
    if (show === undefined) throw new Error(`${name}: say in this test what it shows`);
    show({ lines: said.trimEnd().split('\n'), dir });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
