import type { WaitingFor } from '@barkeep/api';
import type { FeedResult, SessionStatus } from '../index.js';
import { lateText, logWaits, notStoredText } from './run-log.js';

/** Looks one after another at sessions with these waits, then stops. @returns the log */
async function logOf(
  waits: readonly (Partial<WaitingFor> | Error)[],
  { expectedConsumers = 1, isFed = false } = {},
): Promise<string[]> {
  const spec = { pace: { mode: 'lockstep', consumers: expectedConsumers } };
  const lines: string[] = [];
  const end = new AbortController();
  const left = [...waits];
  const look = async () => {
    const waitingFor = left.shift();
    if (left.length === 0) end.abort();
    if (waitingFor instanceof Error) throw waitingFor;
    return { id: 'run-1', waitingFor, spec, consumers: [{ name: 'backtest' }] } as SessionStatus;
  };
  const lookEveryMs = 1;
  await logWaits(
    look,
    () => isFed,
    (line) => lines.push(line),
    end.signal,
    lookEveryMs,
  );
  return lines;
}

const failing: Partial<WaitingFor> = {
  kind: 'repository',
  what: ['vendor'],
  detail: 'waiting for repository vendor: 403',
};

it('a wait for a repository that lasts is logged once', async () => {
  expect(await logOf([failing, failing, failing])).toEqual(['session run-1: waiting for repository vendor: 403']);
  const withoutDetail = { ...failing, detail: '' }; // as a strategy sees it
  expect(await logOf([withoutDetail, withoutDetail])).toEqual(['session run-1: waiting for a repository']);
});

it('a wait for a consumer besides the run is logged', async () => {
  const wait: Partial<WaitingFor> = { kind: 'consumers', what: ['backtest'], detail: '1 of 2 have joined' };
  expect(await logOf([wait, wait, wait], { expectedConsumers: 2 })).toEqual(['session run-1: 1 of 2 have joined']);
  const withoutDetail = { ...wait, what: [], detail: '' };
  expect(await logOf([withoutDetail, withoutDetail], { expectedConsumers: 2 })).toEqual([
    'session run-1: waiting for other consumers',
  ]);
});

it('a wait for the feed is logged when the run has fed all bars', async () => {
  const wait: Partial<WaitingFor> = { kind: 'feed', what: ['AAA'], detail: 'waiting for fed bars of 1 symbol: AAA' };
  expect(await logOf([wait, wait, wait], { isFed: true })).toEqual([
    'session run-1: waiting for fed bars of 1 symbol: AAA; ' +
      'all were sent, so the session Redis may have lost some: end this run and start it again',
  ]);
});

it.each([
  ['waits that end', [failing, {}, failing, {}]],
  [
    'waits that the run itself ends (for its consumer and its feed)',
    ['consumers', 'feed'].flatMap((kind) => [{ kind }, { kind }]),
  ],
  ['failed looks', [new Error('away'), new Error('away')]],
] as [string, (Partial<WaitingFor> | Error)[]][])('%s are not logged', async (_what, waits) => {
  const all = waits.map((wait) => (wait instanceof Error ? wait : { what: [], detail: 'waiting', ...wait }));
  expect(await logOf(all)).toEqual([]);
});

/** The result of a symbol whose bars were all stored in time. */
const stored: FeedResult = {
  sent: 390,
  accepted: 390,
  duplicates: 0,
  late: 0,
  conflicts: 0,
  refused: {},
  problems: [],
};

it('bars that came too late for their steps are counted', () => {
  expect(lateText(new Map([['AAA', stored]]))).toBeUndefined();
  const fed = new Map([
    ['AAA', stored],
    ['BBB', { ...stored, late: 7 }],
  ]);
  expect(lateText(fed)).toMatch(/^7 of 780 bars came after the session had passed their time/);
});

it('bars that are not stored are counted by reason, with the first one as an example', () => {
  expect(notStoredText(new Map([['AAA', stored]]))).toBeUndefined();
  const problems = [{ index: 0, reason: 'malformed', detail: 'openTime: expected a time, was 1709562600' }];
  const malformed = { ...stored, accepted: 0, refused: { malformed: 390 }, problems };
  const conflicting = { ...stored, accepted: 388, conflicts: 2 };
  const fed = new Map([
    ['AAA', stored],
    ['BBB', malformed],
    ['CCC', conflicting],
  ]);
  expect(notStoredText(fed)).toBe(
    '392 of 1170 bars were not stored: malformed 390, conflict 2 (BBB openTime: expected a time, was 1709562600)',
  );
});
