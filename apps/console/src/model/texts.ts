/** Texts for numbers, times, durations and counts. Times are in UTC or in the zone of the venue. Pure. */

const NUMBER = new Intl.NumberFormat('en-US');

/** `281204` as `281,204`. */
export function numberText(value: number): string {
  return NUMBER.format(value);
}

/** `1 gap`, `1,204 gaps`. @param word in the singular; its plural ends in s */
export function countText(count: number, word: string): string {
  return `${numberText(count)} ${word}${count === 1 ? '' : 's'}`;
}

/**
 * The quality in percent: filled slots divided by expected slots without no-trade. Has two decimals and is never rounded up, so that
 * 100 means that every slot is filled.
 */
export function filledText(counts: { expected: number; filled: number; noTrade: number }): string {
  const wanted = counts.expected - counts.noTrade;
  if (wanted <= 0) return '–';
  const hundredths = Math.floor((counts.filled / wanted) * 10_000 + 1e-9); // 1e-9 makes up for a quotient that was rounded down
  const shown = counts.filled < wanted ? Math.min(hundredths, 9999) : hundredths;
  return `${(shown / 100).toFixed(2)} %`;
}

/** `2013-10-09 14:30` in UTC; a dash for null. */
export function minuteText(time: string | number | null): string {
  if (time === null) return '–';
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

/** `14:30` in UTC. */
export function clockText(time: string | number): string {
  return minuteText(time).slice(-5);
}

/** What times in UTC are at the venue: ` (10:30 New York)`; empty for a venue in UTC. @param zone IANA zone of the venue */
export function atVenueText(zone: string, ...times: readonly string[]): string {
  if (zone === 'UTC') return '';
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' });
  const city = zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
  return ` (${times.map((time) => clock.format(Date.parse(time))).join('–')} ${city})`;
}

/** `2013-10-09 14:30 UTC (10:30 New York)`; a dash for null. @param zone IANA zone of the venue */
export function bothZonesText(time: string | null, zone: string): string {
  return time === null ? '–' : `${minuteText(time)} UTC${atVenueText(zone, time)}`;
}

/** A duration: `0.4 s`, `12 s`, `3 min`, `2 h`, `5 d`. In the largest unit in which it is at least 2, else in seconds. */
export function durationText(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}

/** `0.734` as `73 %`. Never rounded up, so that 100 % means the end. */
export function progressText(progress: number): string {
  return `${Math.floor(progress * 100)} %`;
}

/** `start` as `Start`. */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The counts that are not zero, such as `3 absent, 12 repaired`. */
export function namedCounts(counts: readonly (readonly [count: number, word: string])[]): string {
  return counts.flatMap(([count, word]) => (count > 0 ? [`${numberText(count)} ${word}`] : [])).join(', ');
}
