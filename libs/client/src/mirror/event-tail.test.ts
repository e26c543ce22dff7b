import { SESSION_EVENT_TYPES } from '@barkeep/session-data';
import { EventTail, effectOf } from './event-tail.js';
import type { StreamEntry } from './session-state.js';

const entry = (id: string, fields: Record<string, string>): StreamEntry => [id, Object.entries(fields).flat()];

test('reports the changed days of each symbol, and the newest state', () => {
  const tail = new EventTail(['1-0', '1-0', '0-0']);
  const round = tail.decode([
    [
      entry('1-0', { type: 'clock', time: '1' }),
      entry('2-0', { type: 'gap-filled', date: '2013-10-09', symbols: '{"PUBLISHED":3}' }),
      entry('3-0', { type: 'state', state: 'running' }),
      entry('4-0', { type: 'state', state: 'failed', error: 'no rows' }),
    ],
    [
      entry('1-0', { type: 'gap-filled', date: '2013-10-07', symbols: '{"OLD":1}' }),
      entry('2-0', { type: 'gap-filled', date: '2013-10-08', symbols: '{"AAA":3}' }),
    ],
    [
      entry('1-0', { type: 'derived', date: '2013-10-08', symbols: '["BBB"]' }),
      entry('1-1', { type: 'late-bars', date: '2013-10-08', symbols: '{"CCC":1}' }),
      entry('1-2', { type: 'gap-found', date: '2013-10-08', symbols: '{"DDD":1}' }),
    ],
  ]);
  expect(round.changes).toEqual(
    new Map([['2013-10-08', { base: new Set(['AAA', 'CCC']), derived: new Set(['BBB']) }]]),
  );
  expect(round).toMatchObject({ state: { state: 'failed', error: 'no rows' }, hasMissedEntries: false, isMore: false });
  expect(tail.cursor(0)).toBe('1-0');
  tail.commit(round);
  expect([0, 1, 2].map((stream) => tail.cursor(stream))).toEqual(['4-0', '2-0', '1-2']);
});

test('reports a gap when the last processed entry was trimmed', () => {
  const tail = new EventTail(['5-0']);
  expect(tail.decode([[entry('5-0', { type: 'clock' })]]).hasMissedEntries).toBe(false);
  expect(tail.decode([[entry('9-0', { type: 'clock' })]]).hasMissedEntries).toBe(true);
  expect(tail.decode([[]]).hasMissedEntries).toBe(true);
  expect(new EventTail([]).decode([[entry('9-0', { type: 'clock' })]]).hasMissedEntries).toBe(false);
});

test('reports a gap for a change that cannot be parsed', () => {
  const change = { type: 'late-bars', date: '2013-10-08', symbols: 'many' };
  expect(new EventTail(['0-0', '1-0']).decode([[], [entry('1-0', change), entry('2-0', change)]])).toMatchObject({
    hasMissedEntries: true,
  });
  const unknown = { type: 'something-new', symbols: 'many' };
  expect(new EventTail(['1-0']).decode([[entry('1-0', change), entry('2-0', unknown)]])).toMatchObject({
    hasMissedEntries: false,
  });
});

test('reports a gap when a stream that was empty has a whole page of entries', () => {
  const page = (length: number) => Array.from({ length }, (_, i) => entry(`${i + 5}-0`, { type: 'clock' }));
  expect(new EventTail(['0-0']).decode([page(999)])).toMatchObject({ hasMissedEntries: false, isMore: false });
  expect(new EventTail(['0-0']).decode([page(1_000)])).toMatchObject({ hasMissedEntries: true, isMore: true });
});

test('the clock, states, changed bars, and entries of unknown type have an effect on a mirror', () => {
  expect(effectOf(['type', 'clock', 'time', '17'])).toEqual({ clock: 17, mustParse: false });
  expect(effectOf(['date', '2013-10-08', 'symbols', '["type"]', 'type', 'derived'])).toMatchObject({
    date: '2013-10-08',
  });
  const [none, some] = [new Set<string>(), new Set<string>()];
  for (const type of [...SESSION_EVENT_TYPES, 'of-tomorrow']) {
    const { clock, date, mustParse } = effectOf(['type', type, 'time', '1', 'date', '2013-10-08']);
    (clock === undefined && date === undefined && !mustParse ? none : some).add(type);
  }
  expect(some).toEqual(new Set(['clock', 'state', 'gap-filled', 'late-bars', 'derived', 'of-tomorrow']));
  // An entry that cannot be parsed may mean anything.
  for (const fields of [[], ['type', 'clock'], ['type', 'clock', 'time', 'noon'], ['type', 'derived']]) {
    const { clock, date, mustParse } = effectOf(fields);
    expect([clock, date, mustParse]).toEqual([undefined, undefined, true]);
  }
});
