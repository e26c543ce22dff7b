/** I11 and I12 are invariants of docs/ARCHITECTURE.md. */
import type { ConsumerView, SessionLayout } from '@barkeep/session-data';
import { consumersWait, feedWait, paceWait, repositoriesWait, symbolsWait } from './wait-descriptions.js';

describe('a wait for repositories', () => {
  const b = { repository: 'b', error: '403 forbidden', since: 2_000, nextTryAt: 9_000, failures: 1 };
  const a = { repository: 'a', error: 'no such host', since: 3_000, nextTryAt: 8_000, failures: 1 };

  it('I12 names the repository, its error and the next try', () => {
    expect(repositoriesWait([b])).toEqual({
      kind: 'repository',
      what: ['b'],
      since: '1970-01-01T00:00:02.000Z',
      detail: 'waiting for repository b: 403 forbidden',
      nextTryAt: '1970-01-01T00:00:09.000Z',
    });
  });

  it('I12 names the error of each of several repositories, and the next try of any', () => {
    expect(repositoriesWait([b, a])).toMatchObject({
      what: ['b', 'a'],
      detail: 'waiting for repositories b: 403 forbidden; a: no such host',
      nextTryAt: '1970-01-01T00:00:08.000Z',
    });
  });
});

describe('a wait for consumers', () => {
  /** A clock at this time is at the start of the session: it has shown only the history. */
  const HISTORY_END = 100;
  const layout = { spec: { pace: { mode: 'lockstep', consumers: 2 } }, historyEnd: HISTORY_END } as SessionLayout;
  const one = { name: 'one', state: 'active', time: 500 } as ConsumerView;

  it('counts the consumers that joined while the clock is at the start', () => {
    const detail = 'waiting for consumers: 1 of 2 have joined';
    expect(consumersWait(layout, HISTORY_END, [one])).toEqual({ kind: 'consumers', what: ['one'], detail });
  });

  it('names the slowest consumer after that, also when fewer than expected are left', () => {
    const detail = 'waiting for consumer one, the slowest, at 1970-01-01T00:00:00.500Z';
    expect(consumersWait(layout, 600, [one])).toEqual({ kind: 'consumers', what: ['one'], detail });
  });

  it('there is no wait when all consumers are gone', () => {
    expect(consumersWait(layout, 600, [])).toBeUndefined();
  });
});

test('a wait for fed bars names at most 20 symbols', () => {
  const symbols = Array.from({ length: 21 }, (_, i) => `S${i}`);
  const { what, detail } = feedWait(symbols);
  expect(what).toEqual(symbols.slice(0, 20));
  expect(detail).toBe(`waiting for fed bars of 21 symbols: ${what.join(', ')} …`);
  expect(feedWait(['AAA']).detail).toBe('waiting for fed bars of 1 symbol: AAA');
});

test('a wait of the pace has the time at which the next bar is due', () => {
  expect(paceWait(0)).toMatchObject({ nextTryAt: '1970-01-01T00:00:00.000Z' });
});

test('I11 a wait for symbols that joined adds what keeps upkeep from completing them', () => {
  const joined = 'waiting for 1 symbol that joined: BBB';
  expect(symbolsWait(['BBB'], undefined)).toEqual({ kind: 'symbols', what: ['BBB'], detail: joined, nextTryAt: null });
  const problem = { kind: 'repository', what: ['b'], detail: 'b fails', nextTryAt: 'soon' } as const;
  expect(symbolsWait(['BBB'], { ...problem, what: ['b'] })).toMatchObject({
    what: ['BBB'],
    detail: `${joined}; b fails`,
    nextTryAt: 'soon',
  });
});
