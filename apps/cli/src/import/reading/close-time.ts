/** Close times in the last second of a minute. Pure. */

const MINUTE_MS = 60_000;
/** Some vendors stamp the close of a bar with its last second or millisecond. */
const LAST_SECOND_MS = 59_000;

/** The close that a time in the last second of a minute stands for; any other time as it is. Epoch ms. */
export function closeOf(time: number): number {
  const intoMinute = time % MINUTE_MS;
  return intoMinute >= LAST_SECOND_MS ? time - intoMinute + MINUTE_MS : time;
}
