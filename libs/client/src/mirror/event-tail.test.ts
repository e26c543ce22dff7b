import type { EventEntry } from '@barkeep/session-data';
import { EventTail } from './event-tail.js';

/** An entry of a stream as Redis returns it. */
const entry = (id: string, fields: Record<string, string>): EventEntry => [id, Object.entries(fields).flat()];
/** The fields of an entry that changes no bars. */
const CLOCK = { type: 'clock' };

test('a round decodes the changed days of each symbol, and the newest state', () => {
  const [events, partition0, partition1] = ['1-0', '1-0', '0-0']; // the last processed entry of each stream
  const tail = new EventTail([events, partition0, partition1]);
  const round = tail.decode([
    [
      entry(events, { type: 'clock', time: '1' }), // a round starts with the last processed entry, which is not processed again
      // The public events repeat changes after the clock has passed them; only the streams of changes count.
      entry('2-0', { type: 'gap-filled', date: '2013-10-09', symbols: '{"PUBLISHED":3}' }),
      entry('3-0', { type: 'state', state: 'running' }),
      entry('4-0', { type: 'state', state: 'failed', error: 'no rows' }),
    ],
    [
      entry(partition0, { type: 'gap-filled', date: '2013-10-07', symbols: '{"PROCESSED":1}' }),
      entry('2-0', { type: 'gap-filled', date: '2013-10-08', symbols: '{"AAA":3}' }),
    ],
    [
      entry('1-0', { type: 'derived', date: '2013-10-08', symbols: '["BBB"]' }),
      entry('1-1', { type: 'late-bars', date: '2013-10-08', symbols: '{"CCC":1}' }),
      entry('1-2', { type: 'gap-found', date: '2013-10-08', symbols: '{"DDD":1}' }), // changes no bar
    ],
  ]);
  const change = { base: new Set(['AAA', 'CCC']), derived: new Set(['BBB']) };
  expect(round.changes).toEqual(new Map([['2013-10-08', change]]));
  expect(round).toMatchObject({ state: { state: 'failed', error: 'no rows' }, hasMissedEntries: false, isMore: false });
});

test('cursors move only when a round is committed', () => {
  const tail = new EventTail(['1-0', '0-0']);
  const round = tail.decode([[entry('1-0', CLOCK), entry('4-0', CLOCK)], [entry('2-0', CLOCK)]]);
  expect([tail.cursor(0), tail.cursor(1)]).toEqual(['1-0', '0-0']);
  tail.commit(round);
  expect([tail.cursor(0), tail.cursor(1)]).toEqual(['4-0', '2-0']);
});

test('a round has missed entries when the last processed entry was trimmed', () => {
  const tail = new EventTail(['5-0']);
  expect(tail.decode([[entry('5-0', CLOCK)]]).hasMissedEntries).toBe(false);
  expect(tail.decode([[entry('9-0', CLOCK)]]).hasMissedEntries).toBe(true);
  expect(tail.decode([[]]).hasMissedEntries).toBe(true);
  const newStream = new EventTail([]); // of a symbol that joined: it has no processed entry
  expect(newStream.decode([[entry('9-0', CLOCK)]]).hasMissedEntries).toBe(false);
});

test('a round has missed entries when a change cannot be parsed', () => {
  const malformed = entry('1-0', { type: 'late-bars', date: '2013-10-08', symbols: 'many' });
  const round = new EventTail(['0-0', '0-0']).decode([[], [malformed]]); // no public event
  expect(round.hasMissedEntries).toBe(true);
});

test('public changes and entries of unknown type that cannot be parsed are ignored', () => {
  const malformed = entry('2-0', { type: 'late-bars', date: '2013-10-08', symbols: 'many' });
  const unknown = entry('3-0', { type: 'something-new', symbols: 'many' });
  const round = new EventTail(['0-0']).decode([[malformed, unknown]]);
  expect(round.hasMissedEntries).toBe(false);
});

test('a round has missed entries when a stream that was empty has a whole page of entries', () => {
  // A page has at most 1,000 entries; of a longer stream older entries may have been trimmed meanwhile.
  const page = (length: number) => Array.from({ length }, (_, i) => entry(`${i + 5}-0`, CLOCK));
  expect(new EventTail(['0-0']).decode([page(999)])).toMatchObject({ hasMissedEntries: false, isMore: false });
  expect(new EventTail(['0-0']).decode([page(1_000)])).toMatchObject({ hasMissedEntries: true, isMore: true });
});
