/** The partition of a symbol of the spec: the same one in every process. Pure. */

/** Index of the partition, in `[0, basePartitions)`. */
export function basePartition(symbol: string, basePartitions: number): number {
  return hash(symbol) % basePartitions;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
