/** The known formats. A format that does not set `zone` has UTC, and one of text that does not set `delimiter` has the comma. */
import { EXCHANGE_FORMATS } from './exchange-formats.js';
import type { BarFormat } from './format.js';
import { PLATFORM_FORMATS } from './platform-formats.js';
import { VENDOR_FORMATS } from './vendor-formats.js';

export { type BarFormat, type ColumnRef, type FormatColumns } from './format.js';
export const FORMATS = [...EXCHANGE_FORMATS, ...VENDOR_FORMATS, ...PLATFORM_FORMATS].map((format): BarFormat => {
  const isJson = format.arrays !== undefined || format.keys !== undefined;
  return { zone: 'UTC', delimiter: isJson ? undefined : ',', ...format };
});
