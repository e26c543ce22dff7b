/**
 * The dates on which symbols of a dataset have no row without a slot. All sessions of a process share them, so many runs over the
 * same data count its rows once. A change of the dataset makes them invalid. Pure.
 */

/** Local dates, the second excluded. */
export interface Dates {
  from: string;
  to: string;
}

/** The calendar and hours of sessions on one dataset decide which rows have a slot. */
export interface DatasetSlots {
  datasetId: number;
  /** That was read before the rows (see `datasetVersion`). */
  version: string;
  calendar: string;
  hours: string;
}

/** Calendars and hours of datasets that are remembered. */
const REMEMBERED_MAX = 64;

export class CleanDates {
  private readonly known = new Map<string, { version: string; symbols: Map<number, Dates> }>();

  /** @param symbolIds @returns those that may have rows without a slot on these dates */
  uncertain(slots: DatasetSlots, symbolIds: readonly number[], { from, to }: Dates): number[] {
    const symbols = this.symbolsOf(slots);
    return symbolIds.filter((id) => {
      const clean = symbols.get(id);
      return !clean || from < clean.from || clean.to < to;
    });
  }

  /** Remembers that these symbols have no row without a slot on these dates. */
  add(slots: DatasetSlots, symbolIds: Iterable<number>, { from, to }: Dates): void {
    const symbols = this.symbolsOf(slots);
    for (const id of symbolIds) {
      const clean = symbols.get(id);
      const touches = clean && clean.from <= to && from <= clean.to;
      symbols.set(id, touches ? { from: earlier(clean.from, from), to: later(clean.to, to) } : { from, to });
    }
  }

  private symbolsOf({ datasetId, version, calendar, hours }: DatasetSlots): Map<number, Dates> {
    const name = `${datasetId} ${calendar} ${hours}`;
    const found = this.known.get(name);
    if (found?.version === version) return found.symbols;
    if (!found && this.known.size >= REMEMBERED_MAX) this.known.clear();
    const symbols = new Map<number, Dates>();
    this.known.set(name, { version, symbols });
    return symbols;
  }
}

const earlier = (a: string, b: string) => (a < b ? a : b);
const later = (a: string, b: string) => (a > b ? a : b);
