import {
  addedPartition,
  currentSymbols,
  parseMembership,
  PARTITIONS_MAX,
  SymbolCountError,
  UNCHANGED,
  withoutSymbol,
  withSymbol,
  type Membership,
} from './membership.js';

/** The symbols of the spec are in partitions 0 and 1, so an added symbol gets partition 2 or a later one. */
const members = { symbols: ['A', 'B', 'C'], basePartitions: 2 };
const throughJson = (membership: Membership): unknown => JSON.parse(JSON.stringify(membership));
const add = (before: Membership, symbol: string) => withSymbol('s', members, before, symbol);
const remove = (before: Membership, symbol: string, partition: number) =>
  withoutSymbol('s', members, before, symbol, partition);

// A stamp is the version of a partition's last change.
test('each added symbol gets its own partition after those of the spec', () => {
  const withX = add(UNCHANGED, 'X');
  expect(withX).toEqual({ version: 1, removed: [], added: { X: 2 }, stamps: { 2: 1 } });
  expect(add(withX, 'Y')).toEqual({ version: 2, removed: [], added: { X: 2, Y: 3 }, stamps: { 2: 1, 3: 2 } });
});

test('adding a present symbol and removing an absent one change nothing', () => {
  expect(add(UNCHANGED, 'A')).toBe(UNCHANGED);
  const withX = add(UNCHANGED, 'X');
  expect(add(withX, 'X')).toBe(withX);
  const anyPartition = 9;
  expect(remove(withX, 'Y', anyPartition)).toBe(withX);
});

test('removing a symbol stamps its partition, and the next added symbol reuses it', () => {
  const withXAndY = add(add(UNCHANGED, 'X'), 'Y');
  const afterRemoval = remove(withXAndY, 'X', 2);
  expect(afterRemoval).toEqual({ version: 3, removed: [], added: { Y: 3 }, stamps: { 2: 3, 3: 2 } });
  expect(add(afterRemoval, 'Z')).toEqual({ version: 4, removed: [], added: { Y: 3, Z: 2 }, stamps: { 2: 4, 3: 2 } });
});

test('names of object properties are symbols like any other', () => {
  expect(addedPartition(UNCHANGED, 'constructor')).toBeUndefined();
  const changed = add(add(UNCHANGED, 'constructor'), '__proto__');
  const stored = parseMembership(throughJson(changed));
  const partitions = ['constructor', '__proto__', 'toString'].map((symbol) => addedPartition(stored, symbol));
  expect(partitions).toEqual([2, 3, undefined]);
  expect(currentSymbols(['A'], stored)).toEqual(['A', 'constructor', '__proto__']);
  expect(remove(changed, '__proto__', 3).added).toEqual({ constructor: 2 });
  expect(remove(UNCHANGED, 'toString', 3)).toBe(UNCHANGED);
});

test('a symbol of the spec that is removed and added again counts as removed and as added', () => {
  const afterRemoval = remove(UNCHANGED, 'B', 1);
  expect(afterRemoval).toEqual({ version: 1, removed: ['B'], added: {}, stamps: { 1: 1 } });
  expect(currentSymbols(members.symbols, afterRemoval)).toEqual(['A', 'C']);
  const addedAgain = add(afterRemoval, 'B');
  expect(addedAgain).toEqual({ version: 2, removed: ['B'], added: { B: 2 }, stamps: { 1: 1, 2: 2 } });
  expect(currentSymbols(members.symbols, addedAgain)).toEqual(['A', 'C', 'B']);
  expect(remove(addedAgain, 'B', 2)).toEqual({ version: 3, removed: ['B'], added: {}, stamps: { 1: 1, 2: 3 } });
});

test('the last symbol cannot be removed', () => {
  const onlyC = remove(remove(UNCHANGED, 'A', 0), 'B', 1);
  expect(() => remove(onlyC, 'C', 0)).toThrow(SymbolCountError);
});

test('a session never has more partitions than a job can name', () => {
  let full = UNCHANGED;
  for (let i = 0; i < PARTITIONS_MAX - members.basePartitions; i++) full = add(full, `X${i}`);
  expect(() => add(full, 'Y')).toThrow('expected at most 1022 symbols that were added since it was created'); // 1,024 − 2
  const partitionOfX7 = members.basePartitions + 7;
  expect(add(remove(full, 'X7', partitionOfX7), 'Y').added['Y']).toBe(partitionOfX7);
});

test('a stored membership is parsed, and any other value is refused', () => {
  const changed = remove(add(UNCHANGED, 'X'), 'A', 0);
  expect(parseMembership(throughJson(changed))).toEqual(changed);
  for (const wrong of [
    null,
    7,
    {},
    { ...changed, version: -1 },
    { ...changed, removed: [1] },
    { ...changed, added: 'X' },
  ]) {
    expect(() => parseMembership(wrong)).toThrow(TypeError);
  }
});
