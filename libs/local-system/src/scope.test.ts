import { Scope } from './scope.js';

it('a scope that ends already closes the rest in order, and its second end waits for that', async () => {
  const scope = new Scope();
  const closed: string[] = [];
  scope.onEnd(() => Promise.resolve(closed.push('servers')));
  scope.onEnd(async () => {
    await new Promise(setImmediate);
    closed.push('apps');
  });
  void scope.end();
  await scope.end();
  expect(closed).toEqual(['apps', 'servers']);
});
