/** Files of one-minute bars in the formats that `barkeep import` reads. */
import { MINUTE_MS } from '@barkeep/bars';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { seeded } from './market.mjs';

/** Rows that are written into a file as one text. */
const WRITTEN_AT_ONCE = 10_000;
/** Time of the first row; each row is one minute after the previous one. */
export const START = Date.UTC(2022, 0, 1);

/**
 * Barkeep's own format, with ISO times. `row` gets the time as `time` in epoch ms and as `date` and `clock` (`2022-01-31` and `23:59:00`), the
 * `prices` from open to close, and the `volume`.
 */
export const OWN_FORMAT = {
  file: 'rows.csv',
  head: 'time,open,high,low,close,volume\n',
  row: ({ date, clock, prices, volume }) => `${date}T${clock}.000Z,${prices.join(',')},${volume}\n`,
};
/**
 * Formats of vendors, by the name that --format takes: times as digits, tabs, times in ns and prices in units of 1e-9, dates with the day
 * first, JSON.
 */
export const FORMATS = {
  histdata: {
    file: 'DAT_ASCII_AAA_M1_2022.csv',
    row: ({ date, clock, prices, volume }) =>
      `${date.replaceAll('-', '')} ${clock.replaceAll(':', '')};${prices.join(';')};${volume}\n`,
  },
  metatrader5: {
    file: 'metatrader5.csv',
    head: '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n',
    row: ({ date, clock, prices, volume }) =>
      `${date.replaceAll('-', '.')}\t${clock}\t${prices.join('\t')}\t${volume}\t0\t3\n`,
  },
  databento: {
    file: 'databento.csv',
    head: 'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol\n',
    row: ({ time, prices, volume }) =>
      `${time}000000,33,1,5482,${prices.map((price) => Math.round(price * 100) * 10_000_000).join(',')},${volume},AAA\n`,
  },
  dukascopy: {
    file: 'dukascopy.csv',
    head: 'Gmt time,Open,High,Low,Close,Volume\n',
    row: ({ date, clock, prices, volume }) =>
      `${date.split('-').reverse().join('.')} ${clock}.000,${prices.join(',')},${volume}\n`,
  },
  freqtrade: {
    file: 'AAA-1m.json',
    head: '[',
    row: ({ time, prices, volume }) => `[${time}, ${prices.join(', ')}, ${volume}]`,
    between: ',',
    tail: ']',
  },
};

/** Writes `rows` bars of one symbol, a random walk, into a file, in a format such as {@link OWN_FORMAT}. */
export async function writeRows(file, rows, { head = '', row, between = '', tail = '' }) {
  const random = seeded(11);
  function* texts() {
    yield head;
    let text = '';
    let cents = 10_000; // the last price
    for (let at = 0; at < rows; at++) {
      const open = cents;
      cents = Math.max(100, cents + Math.floor(random() * 21) - 10);
      const prices = [open, Math.max(open, cents) + 3, Math.min(open, cents) - 3, cents].map((price) => price / 100);
      if (at > 0) text += between;
      const time = START + at * MINUTE_MS;
      const [date, clock] = new Date(time).toISOString().slice(0, 19).split('T');
      text += row({ time, date, clock, prices, volume: Math.floor(random() * 10_000) });
      if ((at + 1) % WRITTEN_AT_ONCE !== 0) continue;
      yield text;
      text = '';
    }
    yield text + tail;
  }
  await pipeline(texts, createWriteStream(file));
}
