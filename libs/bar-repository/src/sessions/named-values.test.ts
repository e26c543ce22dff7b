import { bind } from './named-values.js';

test('each :name becomes the $number of its value, however often it occurs, and a ::cast stays', () => {
  const [statement, parameters] = bind('WHERE a = :a AND (:b::int IS NULL OR b = :b) AND c::text = :a', {
    b: 2,
    a: 'x',
  });
  expect(statement).toBe('WHERE a = $2 AND ($1::int IS NULL OR b = $1) AND c::text = $2');
  expect(parameters).toEqual([2, 'x']);
});
