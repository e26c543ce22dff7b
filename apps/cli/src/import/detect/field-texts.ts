/** What the text of a single field shows: a date, a time of day, an epoch or a zone. Pure. */

/** A date without a time: `20240304`, `2024-03-04` or `3/4/2024`. */
export const DATE_TEXT = /^(\d{4}([-/.]?)\d\d\2\d\d|\d{1,2}([-/.])\d{1,2}\3\d{4})$/;
/** A text with more after its date: `03/04/2024 09:30`. */
export const DATE_AND_MORE = /^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})[ T]/;
/** A text that begins with a time of day, and so has no date: `9:30`, `09:30:00.000` or `9:30 AM`. */
export const TIME_OF_DAY = /^\d{1,2}:\d{2}/;
/** A time of day in digits: `930`, `0930` or `093000`. */
export const TIME_DIGITS = /^(\d|[01]\d|2[0-4])([0-5]\d){1,2}$/;

/** An epoch in seconds to nanoseconds, which needs no zone. Programs that use floats may write it as `1.7095626e+18`. */
const EPOCH = /^[+-]?(\d{9,10}(\d{3}){0,3}(\.\d+)?|\d(\.\d+)?e\+?\d+)$/i;
/** `Z`, an offset or the name of a zone, at the end of a time. */
const ZONE_AT_END = /(Z|[+-]\d\d(:?\d\d)?|[a-z_]{3})$/i;

export function isEpoch(text: string): boolean {
  return EPOCH.test(text);
}

/** True for the text of a time with neither an offset nor a zone. An epoch needs none. */
export function lacksZone(text: string): boolean {
  // Without its date: the end of 2024-03-04 would look like an offset.
  const timeOfDay = text.replace(/^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}/, '');
  return !isEpoch(text) && !ZONE_AT_END.test(timeOfDay);
}
