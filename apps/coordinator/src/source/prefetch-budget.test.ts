import { PrefetchBudget } from './prefetch-budget.js';

test('I8 no more is taken than the limit, and what is given back can be taken again', () => {
  const budget = new PrefetchBudget(100);
  expect([60, 40, 1].map((bytes) => budget.take(bytes))).toEqual([true, true, false]);
  budget.giveBack(40);
  expect([41, 40].map((bytes) => budget.take(bytes))).toEqual([false, true]);
});

test('a budget of nothing gives nothing', () => {
  expect(new PrefetchBudget(0).take(1)).toBe(false);
});
