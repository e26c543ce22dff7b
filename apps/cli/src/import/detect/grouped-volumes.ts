/** Finds volumes whose dots may separate thousands, as in 1.234 and 987. Pure. */
import type { NumberStyle } from '../rows/index.js';
import type { FileLayout } from './layout.js';
import { dataRows, type SampleRow } from './sample.js';

const GROUPED = /^[1-9]\d{0,2}(\.\d{3})+$/;
const BELOW_THOUSAND = /^\d{1,3}$/;

/** A warning when each volume is a whole number below 1000 or one with a dot before every three digits, and both occur. */
export function groupedVolumes(
  { layout, headerLines }: FileLayout,
  rows: readonly SampleRow[],
  { decimal, thousands }: NumberStyle,
): string[] {
  if (decimal !== '.' || thousands !== undefined) return [];
  const fields = layout.values.flatMap(({ volume }) => volume);
  const data = dataRows(rows, headerLines);
  const texts = data.flatMap((row) => fields.map((field) => row.texts[field] ?? '')).filter((text) => text !== '');
  const grouped = texts.find((text) => GROUPED.test(text));
  const hasWhole = texts.some((text) => BELOW_THOUSAND.test(text) && text !== '0');
  if (grouped === undefined || !hasWhole) return [];
  if (!texts.every((text) => GROUPED.test(text) || BELOW_THOUSAND.test(text))) return [];
  return [
    `volumes such as ${grouped} are read as fractions: if the dot separates thousands, import with --decimal , --thousands .`,
  ];
}
