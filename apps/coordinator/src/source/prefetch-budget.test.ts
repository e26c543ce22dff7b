/** I8 is an invariant of docs/ARCHITECTURE.md. */
import { PrefetchBudget } from './prefetch-budget.js';

test('I8 a budget gives no more bytes than its limit', () => {
  const budget = new PrefetchBudget(100);
  expect(budget.take(60)).toBe(true);
  expect(budget.take(40)).toBe(true);
  expect(budget.take(1)).toBe(false);
});

test('bytes that are given back can be taken again', () => {
  const budget = new PrefetchBudget(100);
  budget.take(100);
  budget.giveBack(40);
  expect(budget.take(41)).toBe(false);
  expect(budget.take(40)).toBe(true);
});

test('a budget of 0 gives no bytes', () => {
  expect(new PrefetchBudget(0).take(1)).toBe(false);
});

test('a process is busy from four reads on', () => {
  const budget = new PrefetchBudget(100);
  budget.reads = 3;
  expect(budget.isBusy).toBe(false);
  budget.reads++;
  expect(budget.isBusy).toBe(true);
});
