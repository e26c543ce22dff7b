import { PrefetchBudget } from './prefetched-windows.js';

test('I8 gives no more than its limit, and returned bytes can be taken again', () => {
  const budget = new PrefetchBudget(100);
  expect([60, 40, 1].map((bytes) => budget.take(bytes))).toEqual([true, true, false]);
  budget.giveBack(40);
  expect([41, 40].map((bytes) => budget.take(bytes))).toEqual([false, true]);
});

test('an empty budget gives no bytes', () => {
  expect(new PrefetchBudget(0).take(1)).toBe(false);
});
