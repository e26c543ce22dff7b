/** The known formats, with their defaults. */
import { API_FORMATS } from './api-formats.js';
import { EXCHANGE_FORMATS } from './exchange-formats.js';
import type { BarFormat } from './format.js';
import { PLATFORM_FORMATS } from './platform-formats.js';
import { VENDOR_FORMATS } from './vendor-formats.js';

export { type BarFormat, type ColumnRef, type FormatColumns } from './format.js';
export { EST } from './vendor-formats.js';
const ALL_FORMATS = [...EXCHANGE_FORMATS, ...API_FORMATS, ...VENDOR_FORMATS, ...PLATFORM_FORMATS];
export const FORMATS = ALL_FORMATS.map((format): BarFormat => {
  const { headers: [header] = [], row, example } = format;
  const isJson = format.arrays !== undefined || format.keys !== undefined;
  const { delimiter = isJson ? undefined : ',' } = format;
  const lacksHeader = header !== undefined && row === undefined && example.length === 1;
  const lines = lacksHeader ? [header.join(delimiter), ...example] : example;
  return { zone: 'UTC', ...format, delimiter, example: lines };
});
