import { BYTES_A_COUNTED_ONE, rowMemory } from './row-memory.js';

test('numbers and words are of the same zeros, and of so many bytes V8 is shown one, whatever the sizes', () => {
  const { doubles, words } = rowMemory(3);
  expect([...doubles, ...words]).toEqual(Array(9).fill(0));
  words[2] = 7;
  expect(new Uint32Array(doubles.slice().buffer)[2]).toBe(7);
  let [counted, all] = [0, 0];
  for (let i = 0; i < 4_000; i++) {
    const { buffer } = rowMemory(1 + ((i * 37) % 200)).doubles;
    all += buffer.byteLength;
    if (buffer instanceof ArrayBuffer) counted += buffer.byteLength;
  }
  expect(all / counted).toBeGreaterThan(BYTES_A_COUNTED_ONE / 2);
  expect(all / counted).toBeLessThan(BYTES_A_COUNTED_ONE * 2);
});
