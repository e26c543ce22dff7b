/** `barkeep import --list-formats`: the formats that an import knows by name. */
import { type BarFormat, FORMATS } from '../import/index.js';

interface ListedFormat extends Pick<BarFormat, 'name' | 'title' | 'times' | 'example' | 'source'> {
  /** Null when the files do not name it, so that the user has to. */
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
  return [...FORMATS.map(listed), LEAN];
}

function listed({ name, title, times = 'open', zone, example, source }: BarFormat): ListedFormat {
  return { name, title, times, zone: zone ?? null, example, source };
}

export function formatsTable(): string {
  const texts = listedFormats().map(({ name, title, times, zone, example }) => {
    const stamp = `times are ${times}s, ${zone ?? 'zone by the path or --tz'}`;
    return [`${name}: ${title} (${stamp})`, ...example.map((line) => `    ${line}`)].join('\n');
  });
  return [...texts, 'Anything else: --format csv finds columns by their names; JSON and NDJSON by their keys.'].join(
    '\n',
  );
}
