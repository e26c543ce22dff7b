import { SESSION_EVENT_TYPES } from '@barkeep/session-data';
import { effectOf, stateOf } from './stream-entry.js';

test('a state is found in state events only', () => {
  expect(stateOf(['type', 'clock', 'time', '1'])).toBeUndefined();
  expect(stateOf(['type', 'state', 'state', 'stopped'])).toEqual({ state: 'stopped' });
});

test('a clock entry moves the clock, and a change names its day', () => {
  expect(effectOf(['type', 'clock', 'time', '17'])).toEqual({ clock: 17 });
  expect(effectOf(['type', 'derived', 'date', '2013-10-08'])).toEqual({ changedDate: '2013-10-08' });
});

test('a field is found by its name, not by a value that is equal to a name', () => {
  const fields = ['symbols', 'type', 'date', '2013-10-08', 'type', 'derived'];
  expect(effectOf(fields)).toEqual({ changedDate: '2013-10-08' });
  expect(stateOf(['error', 'type', 'type', 'state', 'state', 'failed'])).toEqual({ state: 'failed', error: 'type' });
});

test('the clock, states, changed bars and entries of unknown type have an effect on a mirror; other events have none', () => {
  const effectOfType = (type: string) => effectOf(['type', type, 'time', '1', 'date', '2013-10-08']);
  const types = [...SESSION_EVENT_TYPES, 'of-tomorrow'].filter((type) => effectOfType(type) !== 'none');
  expect(new Set(types)).toEqual(new Set(['clock', 'state', 'gap-filled', 'late-bars', 'derived', 'of-tomorrow']));
});

test.each([[[]], [['type', 'clock']], [['type', 'clock', 'time', 'noon']], [['type', 'derived']]])(
  'the incomplete fields %j may have any effect',
  (fields) => {
    expect(effectOf(fields)).toBe('other');
  },
);
