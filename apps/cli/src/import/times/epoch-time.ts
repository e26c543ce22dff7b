/** Reads epochs in seconds to nanoseconds. A number that no unit puts between 1990 and 2100 is not an epoch. */
import { decimalAt } from '../rows/index.js';
import { digitsAt, roundedMs } from './iso-time.js';
import type { RowTime } from './wall-time.js';

const DAY_MS = 86_400_000;
const [DOT, NINE, UPPER_E] = [46, 57, 69];
const PLAUSIBLE_MIN_MS = Date.UTC(1990, 0, 1);
const PLAUSIBLE_MAX_MS = Date.UTC(2100, 0, 1);
/** 1970-01-01 in Excel's day numbers, which count from 1899-12-30. */
const EXCEL_EPOCH_DAY = 25_569;

export interface EpochUnit {
  msPerUnit: number;
  /** Digits of a recent epoch. */
  digits: number;
  /** {@link anyEpochAt} takes no earlier time for this unit. */
  minMs: number;
}
/** Units by the names that --time-format takes. */
export const EPOCH_UNITS: Record<string, EpochUnit> = {
  s: { msPerUnit: 1000, digits: 10, minMs: PLAUSIBLE_MIN_MS },
  ms: { msPerUnit: 1, digits: 13, minMs: PLAUSIBLE_MIN_MS },
  us: { msPerUnit: 1 / 1000, digits: 16, minMs: PLAUSIBLE_MIN_MS },
  ns: { msPerUnit: 1 / 1_000_000, digits: 19, minMs: Date.UTC(1991, 0, 1) }, // ticks of .NET from 2000 to 2100 would be nanoseconds of 1990
};
const UNITS = Object.values(EPOCH_UNITS);
const MS_DIGITS = 13;

/** Reads an epoch of the given unit. */
export function epochAt(bytes: Uint8Array, start: number, end: number, unit: EpochUnit): RowTime {
  const value = decimalAt(bytes, start, end);
  if (!Number.isFinite(value)) return 'unreadable-time';
  const isPlausibleIn = ({ msPerUnit }: EpochUnit): boolean => isPlausible(value * msPerUnit);
  // A value that is plausible only in another unit has that unit: seconds read as milliseconds are in January 1970.
  if (!isPlausibleIn(unit) && UNITS.some(isPlausibleIn)) return 'unreadable-time';
  const exactMs = exactEpochAt(bytes, start, end, unit);
  return exactMs >= 0 ? exactMs : roundedMs(value * unit.msPerUnit, endsInNines(bytes, start, end));
}

/** Reads an epoch in the first unit in which it is plausible. Names the day numbers of Excel, which are no epochs. */
export function anyEpochAt(bytes: Uint8Array, start: number, end: number): RowTime {
  for (const unit of UNITS) {
    const exactMs = exactEpochAt(bytes, start, end, unit);
    if (isPlausible(exactMs, unit.minMs)) return exactMs;
  }
  const value = decimalAt(bytes, start, end);
  const isRounded =
    bytes[end - 4] === UPPER_E && isRoundedEpoch(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
  if (!Number.isFinite(value) || isRounded) return 'unreadable-time';
  const found = UNITS.find((unit) => isPlausible(value * unit.msPerUnit, unit.minMs));
  if (found !== undefined) return roundedMs(value * found.msPerUnit, endsInNines(bytes, start, end));
  const excelMs = (value - EXCEL_EPOCH_DAY) * DAY_MS;
  return isPlausible(excelMs) ? 'excel-serial' : 'unreadable-time';
}

function isPlausible(ms: number, minMs = PLAUSIBLE_MIN_MS): boolean {
  return ms >= minMs && ms < PLAUSIBLE_MAX_MS;
}

/** True for an epoch that a spreadsheet has rounded to some hours, as it shows long numbers: 1.70956E+12. */
export function isRoundedEpoch(text: string): boolean {
  return /^\d(\.\d{1,5})?E\+\d\d$/.test(text);
}

/**
 * Milliseconds of an epoch that has all digits of its unit, read digit by digit: a double would round nanoseconds. Negative for any
 * other text.
 */
function exactEpochAt(bytes: Uint8Array, start: number, end: number, { digits, msPerUnit }: EpochUnit): number {
  if (end - start !== digits) return -1;
  if (msPerUnit >= 1) return digitsAt(bytes, start, digits) * msPerUnit;
  const ms = digitsAt(bytes, start, MS_DIGITS); // the first 13 digits of µs and ns are the milliseconds
  const rest = digitsAt(bytes, start + MS_DIGITS, digits - MS_DIGITS);
  const perMs = 10 ** (digits - MS_DIGITS);
  return ms < 0 || rest < 0 ? -1 : ms + roundedMs(rest / perMs, rest === perMs - 1);
}

/** Whether a number has a fraction of nines only: the last moment before the next unit, which is rounded down ({@link roundedMs}). */
function endsInNines(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end;
  while (at > start && bytes[at - 1] === NINE) at--;
  return at < end && bytes[at - 1] === DOT;
}
