/**
 * Remembers the clean dates of symbols. A date is clean for a symbol when each of the symbol's rows on it has a slot. Sessions count the
 * rows without a slot. On clean dates there are none, so later sessions over the same data need not count there again. A change of the
 * dataset makes the dates invalid. No I/O.
 */

/** Most combinations of dataset, calendar and hours that are remembered. */
const REMEMBERED_MAX = 64;

/** Local dates `[from, to)`, such as 2024-03-04. */
export interface Dates {
  from: string;
  to: string;
}

/** A dataset with the calendar and hours that decide which of its rows have a slot. */
interface DatasetSlots {
  datasetId: number;
  /** Version of the dataset, read before its rows (see `datasetVersion`). */
  version: string;
  calendar: string;
  hours: string;
}

/** The clean dates of the symbols of all datasets, shared by the sessions of a process. */
export class CleanDates {
  /** By dataset, calendar and hours: one range of dates for each symbol id, valid for one version of the dataset. */
  private readonly known = new Map<string, { version: string; symbols: Map<number, Dates> }>();

  /** @param ids ids of symbols @returns the ids of those for which not all of these dates are known to be clean */
  uncertain(slots: DatasetSlots, ids: readonly number[], { from, to }: Dates): number[] {
    const symbols = this.symbolsOf(slots);
    return ids.filter((id) => {
      const clean = symbols.get(id);
      return !clean || from < clean.from || clean.to < to;
    });
  }

  /**
   * Remembers that these dates are clean for these symbols. A symbol has one range: dates that touch the range extend it, other dates
   * replace it.
   */
  add(slots: DatasetSlots, ids: Iterable<number>, { from, to }: Dates): void {
    const symbols = this.symbolsOf(slots);
    for (const id of ids) {
      const clean = symbols.get(id);
      const touches = clean && clean.from <= to && from <= clean.to;
      symbols.set(id, touches ? { from: earlier(clean.from, from), to: later(clean.to, to) } : { from, to });
    }
  }

  private symbolsOf({ datasetId, version, calendar, hours }: DatasetSlots): Map<number, Dates> {
    const name = `${datasetId} ${calendar} ${hours}`;
    const known = this.known.get(name);
    if (known?.version === version) return known.symbols;
    // Forgets everything, not only the oldest: a forgotten date costs just one more count.
    if (!known && this.known.size >= REMEMBERED_MAX) this.known.clear();
    const symbols = new Map<number, Dates>();
    this.known.set(name, { version, symbols });
    return symbols;
  }
}

export const earlier = (a: string, b: string) => (a < b ? a : b);
const later = (a: string, b: string) => (a > b ? a : b);
