/** Checks a row before its symbol, its time and its values are read. */
import { fieldText, type Row, rowTexts } from '../rows/index.js';
import type { RowRefusal } from './refusals.js';
import type { RowLayout } from './row-layout.js';

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
