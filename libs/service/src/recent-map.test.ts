import { RecentMap } from './recent-map.js';

test('a full map drops the entry that was used longest ago, not the one that was added first', () => {
  const map = new RecentMap<number>(2);
  map.set('first', 1);
  map.set('second', 2);
  expect(map.get('first')).toBe(1);
  map.set('third', 3);
  expect(map.get('second')).toBeUndefined();
  expect([map.get('first'), map.get('third')]).toEqual([1, 3]);
});
