import { mergeRanges, TimeRangeError } from './stored-ranges.js';

test('ranges that touch or overlap become one, and the result is sorted', () => {
  const ranges = [
    { from: 50, to: 60 },
    { from: 0, to: 10 },
    { from: 10, to: 20 },
    { from: 15, to: 18 },
  ];
  expect(mergeRanges(ranges)).toEqual([
    { from: 0, to: 20 },
    { from: 50, to: 60 },
  ]);
});

test('an empty or backward range is left out', () => {
  expect(
    mergeRanges([
      { from: 5, to: 5 },
      { from: 9, to: 3 },
    ]),
  ).toEqual([]);
});

test('a range whose ends are not whole milliseconds is refused', () => {
  expect(() => mergeRanges([{ from: 0.5, to: 3 }])).toThrow(TimeRangeError);
  expect(() => mergeRanges([{ from: 0, to: Number.NaN }])).toThrow('expected a range of whole milliseconds');
});
