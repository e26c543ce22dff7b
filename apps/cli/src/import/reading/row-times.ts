/** Finds the time of each row, whose date and time of day may be in separate fields. */
import { fieldText, type Row } from '../rows/index.js';
import type { RowTime, TimeParser } from '../times/index.js';
import type { RowLayout } from './row-layout.js';

const SPACE = 32;
/** Longest text of a date and a time that are in separate fields. */
const TIME_BYTES_MAX = 128;

export class RowTimes {
  /** Date, blank and time of a row that has date and time in separate fields. */
  readonly #joined = new Uint8Array(TIME_BYTES_MAX);

  constructor(
    private readonly layout: Pick<RowLayout, 'date' | 'time'>,
    private readonly parse: TimeParser,
  ) {}

  of(row: Row): RowTime {
    const { date, time } = this.layout;
    const { bytes, starts, ends } = row;
    let timeStart = starts[time] ?? 0;
    const timeEnd = ends[time] ?? 0;
    if (date === undefined) return this.parse(bytes, timeStart, timeEnd);
    const dateStart = starts[date] ?? 0;
    let dateEnd = ends[date] ?? 0;
    while (dateEnd > dateStart && bytes[dateEnd - 1] === SPACE) dateEnd--;
    while (timeStart < timeEnd && bytes[timeStart] === SPACE) timeStart++;
    const dateLength = dateEnd - dateStart;
    const length = dateLength + 1 + timeEnd - timeStart;
    if (length > TIME_BYTES_MAX) return 'unreadable-time';
    this.#joined.set(bytes.subarray(dateStart, dateEnd));
    this.#joined[dateLength] = SPACE;
    this.#joined.set(bytes.subarray(timeStart, timeEnd), dateLength + 1);
    return this.parse(this.#joined, 0, length);
  }

  /** The time as the row has it, for a message. */
  textOf(row: Row): string {
    const { date, time } = this.layout;
    return date === undefined ? fieldText(row, time) : `${fieldText(row, date)} ${fieldText(row, time)}`;
  }
}
