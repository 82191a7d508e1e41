import { expect, it } from 'vitest';
import { quietScript, randomScript } from 'vidpipe/testing';
import { simulated } from '../support/simulation.ts';
it('quiet', async () => {
  const a = await simulated(quietScript());
  console.log(a.violations, a.status, a.probes.length, a.log.split('\n').length);
  const b = await simulated(quietScript());
  expect(a.log).toBe(b.log);
});
it('random', async () => {
  const from = Number(process.env['FROM'] ?? 1), n = Number(process.env['N'] ?? 30);
  const t = performance.now();
  const kinds = new Map<string, number[]>();
  for (let seed = from; seed < from + n; seed++) {
    const r = await simulated(randomScript(seed));
    const k = r.violations.length ? r.violations.map(v => v.replace(/[0-9a-f]{8,}[.0-9a-f-]*/g,'X').replace(/\d+/g,'N')).filter((v,i,l)=>l.indexOf(v)===i).slice(0,3).join(' | ').slice(0,300) : r.status;
    kinds.set(k, [...(kinds.get(k) ?? []), seed]);
  }
  console.log((performance.now() - t) / n, 'ms each');
  for (const [k, v] of kinds) console.log(v.length, k, k.startsWith('I') ? v.slice(0, 6) : '');
});
