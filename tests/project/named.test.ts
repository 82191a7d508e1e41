import { describe, expect, it } from 'vitest';
import { digestsIn, LONGEST_UNDER_WAY_MS, UnderWay } from '../../src/project/named.ts';

const digest = (letter: string): `sha256-${string}` => `sha256-${letter.repeat(64)}`;
const NOW = Date.UTC(2026, 0, 10);
const at = (daysAgo: number): string => new Date(NOW - daysAgo * 86_400_000).toISOString();

describe('the digests of an event', () => {
  it('are found wherever they stand: assets, originals, bare ones, keys, texts', () => {
    const body = {
      made: [{ asset: { digest: digest('a'), size: 1 }, original: { digest: digest('b') } }],
      settings: { references: [{ image: digest('c') }] },
      byDigest: { [digest('d')]: [[digest('a')]] },
      link: `asset:${digest('e')}?x`,
      none: [null, 1, true, digest('F'), `sha256-${'a'.repeat(63)}`],
    };
    expect([...digestsIn(body)].toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'].map(digest));
  });

  it.each([[null], [undefined], [{}], ['text']])('of %j are none', (body) => expect(digestsIn(body).size).toBe(0));
});

describe('what is under way', () => {
  const event = (type: string, days: number, body: object = {}): Parameters<UnderWay['see']>[0] => ({
    type,
    at: at(days),
    body,
  });
  const began = (...events: Parameters<UnderWay['see']>[0][]): number => {
    const underWay = new UnderWay();
    for (const each of events) underWay.see(each);
    return underWay.since(NOW);
  };
  const a = { callId: 'a' };

  it.each<[string, number, Parameters<UnderWay['see']>[0][]]>([
    ['nothing', Infinity, [event('project.created', 3)]],
    ['a run', 3, [event('run.started', 3)]],
    ['a newer run in place of one that broke off', 2, [event('run.started', 3), event('run.started', 2)]],
    ['no run that has ended', Infinity, [event('run.started', 3), event('run.ended', 2)]],
    ['a call from its intent on', 3, [event('call.intended', 3, a), event('call.submitted', 2, a)]],
    ['a call that nobody can tell of', 3, [event('call.intended', 3, a), event('call.unknown', 1, a)]],
    ['a call that was taken after all', 1, [event('call.rejected', 2, a), event('call.submitted', 1, a)]],
    ['no call that is settled', Infinity, [event('call.intended', 3, a), event('call.settled', 2, a)]],
    ['no call that is answered', Infinity, [event('call.intended', 3, a), event('call.resolved', 2, a)]],
    ['the oldest of several', 4, [event('call.intended', 4, a), event('call.intended', 3, { callId: 'b' })]],
    ['the oldest that is not given up', 3, [event('call.intended', 8, a), event('call.intended', 3, { callId: 'b' })]],
  ])('%s', (_, days, events) => {
    expect(began(...events)).toBe(days === Infinity ? Infinity : Date.parse(at(days)));
  });

  it('for longer than a week holds nothing back', () => {
    const since = new Date(NOW - LONGEST_UNDER_WAY_MS - 1).toISOString();
    expect(began({ type: 'run.started', at: since, body: {} })).toBe(Infinity);
  });
});
