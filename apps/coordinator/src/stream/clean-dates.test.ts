import { CleanDates } from './clean-dates.js';

const SLOTS = { datasetId: 1, version: '7', calendar: 'XNYS', hours: 'regular' };
/** Days of March 2024, the last one exclusive. */
const dates = (from: string, to: string) => ({ from: `2024-03-${from}`, to: `2024-03-${to}` });

let clean: CleanDates;
/** Symbols 1 and 2 are clean from the 4th to the 7th: each of their rows has a slot. */
beforeEach(() => {
  clean = new CleanDates();
  clean.add(SLOTS, [1, 2], dates('04', '08'));
});

test('symbols are certain to be clean on dates that were counted, and on no others', () => {
  expect(clean.uncertain(SLOTS, [1, 2, 3], dates('04', '08'))).toEqual([3]);
  expect(clean.uncertain(SLOTS, [1, 2], dates('05', '06'))).toEqual([]);
  expect(clean.uncertain(SLOTS, [1, 2], dates('03', '05'))).toEqual([1, 2]);
  expect(clean.uncertain(SLOTS, [1, 2], dates('07', '09'))).toEqual([1, 2]);
});

test('dates that touch become one range, and dates apart replace the earlier ones', () => {
  clean.add(SLOTS, [1], dates('08', '12'));
  clean.add(SLOTS, [2], dates('09', '12'));
  expect(clean.uncertain(SLOTS, [1, 2], dates('04', '12'))).toEqual([2]);
  expect(clean.uncertain(SLOTS, [1, 2], dates('09', '12'))).toEqual([]);
  expect(clean.uncertain(SLOTS, [2], dates('04', '08'))).toEqual([2]);
});

test.each([
  ['version', '8'],
  ['calendar', '24/7'],
  ['hours', 'extended'],
  ['datasetId', 2],
])('clean dates say nothing about another %s', (field, value) => {
  expect(clean.uncertain({ ...SLOTS, [field]: value }, [1, 2], dates('04', '08'))).toEqual([1, 2]);
});

test('a look at a newer version of the dataset drops the dates of the earlier one', () => {
  clean.uncertain({ ...SLOTS, version: '8' }, [1], dates('04', '08'));
  expect(clean.uncertain(SLOTS, [1], dates('04', '08'))).toEqual([1]);
});
