/** The formats that `barkeep import --list-formats` lists. */
import { type BarFormat, FORMATS } from '../import/index.js';

interface ListedFormat extends Pick<BarFormat, 'name' | 'title' | 'times' | 'example' | 'source'> {
  /** Null when the format has no fixed zone: the path or --tz names it. */
  zone: string | null;
}

const LEAN: ListedFormat = {
  name: 'lean',
  title: 'QuantConnect Lean folders of minute files: equity (prices × 10,000), crypto, forex (quotes), future',
  times: 'open',
  zone: null,
  example: ['equity/usa/minute/spy/20131004_trade.zip: 34200000,1689500,1689800,1689500,1689800,800'],
  source: 'https://github.com/QuantConnect/Lean/tree/master/Data',
};

export function listedFormats(): ListedFormat[] {
  const formats = FORMATS.map(({ name, title, times = 'open', zone = null, example, source }) => {
    return { name, title, times, zone, example, source };
  });
  return [...formats, LEAN];
}

export function formatsTable(): string {
  const texts = listedFormats().map(({ name, title, times, zone, example }) => {
    const timesText = `times are ${times}s, ${zone ?? 'zone by the path or --tz'}`;
    return [`${name}: ${title} (${timesText})`, ...example.map((line) => `    ${line}`)].join('\n');
  });
  const others = 'Anything else: --format csv finds columns by their names; JSON and NDJSON by their keys.';
  return [...texts, others].join('\n');
}
