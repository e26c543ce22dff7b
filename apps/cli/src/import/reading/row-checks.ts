/** Checks of a row and of its time. */
import { fieldText, type Row, rowTexts } from '../rows/index.js';
import { type RowRefusal, timeText } from './refusals.js';
import type { RowLayout } from './row-layout.js';

const MINUTE_MS = 60_000; // no import of a re-export, see bar-reader.ts: it is read for every row
/** No market has minute bars of other years: a time outside of this range was read in the wrong unit. */
const TIME_MIN_MS = Date.UTC(1900, 0, 1);
const TIME_MAX_MS = Date.UTC(2200, 0, 1);
/** Some vendors write a close as the last second or millisecond of the bar. */
const LAST_SECOND_MS = 59_000;

/** The refusal of a row with text beyond the header's fields, as after a comma in a number; undefined when there is none. */
export function surplusRefusal(row: Row, fieldsMax: number): RowRefusal | undefined {
  const texts = rowTexts(row);
  const field = texts.findIndex((text, index) => index >= fieldsMax && text !== '');
  if (field < 0) return undefined;
  const detail = `expected ${fieldsMax} fields, was ${row.count}: field ${field + 1} is "${texts[field]}"`;
  return { reason: 'too-many-fields', detail };
}

/** The refusal of a bar that is not whole, such as one that was not over when the file was written. Undefined for a whole bar. */
export function formingRefusal(row: Row, { field, name }: Required<RowLayout>['complete']): RowRefusal | undefined {
  const text = fieldText(row, field);
  if (!/^(false|0)$/i.test(text)) return undefined;
  const detail = `the column "${name}" says ${text}: if it does not mean that the bar is unfinished, give --columns complete=none`;
  return { reason: 'incomplete-bar', detail };
}

/** The refusal of an open time that no bar has. @param gridMs the time must be a multiple of this */
export function timeRefusal(openTime: number, gridMs = MINUTE_MS): RowRefusal | undefined {
  if (openTime < TIME_MIN_MS || openTime > TIME_MAX_MS) {
    return { reason: 'time-out-of-range', detail: `expected a time from 1900 to 2200, was ${timeText(openTime)}` };
  }
  if (openTime % gridMs === 0) return undefined;
  const isLastSecond = roundedClose(openTime) !== openTime;
  const hint = isLastSecond ? '; --times close accepts closes such as 09:30:59' : '';
  return { reason: 'off-grid', detail: `expected a whole minute, was ${timeText(openTime)}${hint}` };
}

/** Rounds a time in the last second of a minute up to the next minute. Returns any other time unchanged. Epoch ms. */
export function roundedClose(time: number): number {
  const intoMinute = time % MINUTE_MS;
  return intoMinute >= LAST_SECOND_MS ? time - intoMinute + MINUTE_MS : time;
}
