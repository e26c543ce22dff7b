/**
 * Where the rows of a mirror lie. V8 counts the bytes of ArrayBuffers, and marks the whole heap of a small program for every 8 MB or
 * so of new ones, whether anything can be freed or not; a mirror makes hundreds of MB that live on, and nothing but collections would
 * come of it (docs/performance.md). It does not count those of SharedArrayBuffers, so most of the memory is such; of the rest it sees
 * how much is made, only smaller. Nobody shares it: it never leaves this process' mirrors.
 */

/** Of so many bytes V8 counts one: memory that nobody holds any more may become so many times larger before it is freed. */
export const BYTES_A_COUNTED_ONE = 8;

/** Rows one after another, seen as numbers and as words of four bytes. */
export interface RowMemory {
  doubles: Float64Array;
  words: Uint32Array;
}

let uncounted = 0;

/** Memory for so many numbers, all zero. @param takesOver what it takes the place of is garbage at once: V8 is shown all of it */
export function rowMemory(doubles: number, takesOver = false): RowMemory {
  const bytes = 8 * doubles;
  const buffer = takesOver || isItsTurn(bytes) ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
  return { doubles: new Float64Array(buffer), words: new Uint32Array(buffer) };
}

function isItsTurn(bytes: number): boolean {
  uncounted += bytes;
  if (uncounted < BYTES_A_COUNTED_ONE * bytes) return false;
  uncounted -= BYTES_A_COUNTED_ONE * bytes;
  return true;
}
