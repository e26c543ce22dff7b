/** Presence bitmaps of day chunks, and pictures of them: `#` is a filled slot, `.` an empty one. */
import { bitmapBytes, hasBit } from '@barkeep/bars';
import type { Seeded } from './seeded.js';

export function bitmapOf(picture: string): Uint8Array {
  const bitmap = new Uint8Array(bitmapBytes(picture.length));
  for (let slot = 0; slot < picture.length; slot++) {
    if (picture[slot] === '#') bitmap[slot >> 3]! |= 0x80 >> (slot & 7); // slot 0 is the highest bit of byte 0
  }
  return bitmap;
}

/** The picture of slots `[from, to)`. */
export function pictureOf(bitmap: Uint8Array, from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => (hasBit(bitmap, from + i) ? '#' : '.')).join('');
}

/** A bitmap in which bytes of eight filled slots, and of eight empty ones, are frequent. */
export function randomBitmap(slotCount: number, random: Seeded): Uint8Array {
  const bitmap = new Uint8Array(bitmapBytes(slotCount));
  for (let byte = 0; byte < bitmap.length; byte++) bitmap[byte] = random.pick([0, 0xff, random.int(0, 256)]);
  return bitmap;
}
