import type { Inspect, Verdict } from 'vidpipe';
import type { Digest } from 'vidpipe/storage';

/** What is said of the first takes that are shown, in their order; of all others `ok`. */
const SAID: readonly (Verdict | 'throws')[] = [
  'ok',
  { retake: true, reasons: ['a retake, as planned'] },
  'throws',
  { blocked: true, reasons: ['blocked, as planned'] },
  { retake: true, reasons: ['a retake, as planned'] },
];

/** Looks at takes: asks for others, blocks one, fails once. It says the same of the same bytes, whichever process asks. */
export function worldInspector(isCalm: () => boolean, happens: (name: string) => void): Inspect {
  const said = new Map<Digest, Verdict>();
  return ({ digest }) => {
    const known = said.get(digest);
    if (known !== undefined) return known;
    const next = isCalm() ? 'ok' : (SAID[said.size] ?? 'ok');
    said.set(digest, next === 'throws' ? 'ok' : next);
    if (next !== 'ok') happens(next === 'throws' ? 'inspect throws' : 'inspect refuses');
    if (next === 'throws') throw new Error('no look, as planned');
    return next;
  };
}
