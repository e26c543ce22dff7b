/**
 * Divides days into periods with a normal week. Pure.
 *
 * - A day is `{ date, weekday, pattern }`. `weekday` counts from Monday, 0. `pattern` is the day's segments as JSON.
 * - A period is `{ days, week }`. `week` has the normal pattern of each weekday. A day with another pattern is an exception.
 */
const WEEK_DAYS = 7;
/** The pattern of a day without segments. */
export const CLOSED = '[]';
/** What a period costs when one exception costs 1: about its number of lines in the file. */
const PERIOD_COST = 8;

/** The periods that together cost least, exceptions included: they make the file shortest. Found by dynamic programming. */
export function periodsOf(days) {
  const blocks = blocksOf(days);
  /** For each block: the lowest cost of all days up to its end, and the first block of their last period. */
  const best = blocks.map(() => ({ cost: Infinity, first: 0 }));
  for (let first = 0; first < blocks.length; first++) {
    const costBefore = first === 0 ? 0 : best[first - 1].cost;
    const counts = new PatternCounts(); // of a period that begins with this block, and grows by one block after another
    for (let last = first; last < blocks.length; last++) {
      blocks[last].forEach((day) => counts.add(day));
      const cost = costBefore + PERIOD_COST + counts.exceptions;
      if (cost <= best[last].cost) best[last] = { cost, first };
    }
  }
  // From the last period back to the first one.
  const periods = [];
  for (let last = blocks.length - 1; last >= 0; last = best[last].first - 1) {
    periods.unshift(periodOf(blocks.slice(best[last].first, last + 1).flat()));
  }
  return periods;
}

/**
 * Stretches of days that are never divided, which leaves the search few starts to try: a period only starts on a day that differs from
 * the same weekday a week before.
 */
function blocksOf(days) {
  const changes = days.flatMap(({ pattern }, i) =>
    i >= WEEK_DAYS && pattern !== days[i - WEEK_DAYS].pattern ? [i] : [],
  );
  const starts = [0, ...changes];
  return starts.map((start, block) => days.slice(start, starts[block + 1]));
}

function periodOf(days) {
  const counts = new PatternCounts();
  for (const day of days) counts.add(day);
  return { days, week: counts.normalWeek() };
}

/** Counts the patterns of days by weekday. A weekday has as many exceptions as it has days, minus those of its most frequent pattern. */
class PatternCounts {
  exceptions = 0;
  #counts = Array.from({ length: WEEK_DAYS }, () => new Map());
  #highest = Array.from({ length: WEEK_DAYS }, () => 0);

  add({ weekday, pattern }) {
    const count = (this.#counts[weekday].get(pattern) ?? 0) + 1;
    this.#counts[weekday].set(pattern, count);
    // A day either raises the highest count of its weekday or is one more exception.
    if (count > this.#highest[weekday]) this.#highest[weekday] = count;
    else this.exceptions++;
  }

  /** The most frequent pattern of each weekday; of several, the one that came first. */
  normalWeek() {
    return this.#counts.map((counts, weekday) => {
      const [usual = CLOSED] = [...counts].find(([, count]) => count === this.#highest[weekday]) ?? [];
      return usual;
    });
  }
}
