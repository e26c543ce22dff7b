/** Formats of trading platforms. */
import { type BarFormat, BRACKETED, CAPITALS, DATE_AND_TIME, IN_ORDER, LOWER, NEW_YORK, NUMBER } from './format.js';

export const PLATFORM_FORMATS: readonly BarFormat[] = [
  {
    name: 'interactive-brokers',
    title: 'Interactive Brokers historical bars (TWS API, ib_async)',
    source: 'https://interactivebrokers.github.io/tws-api/historical_bars.html',
    headers: [
      ['date', 'open', 'high', 'low', 'close', 'volume', 'average', 'barCount'],
      ['date', 'open', 'high', 'low', 'close', 'volume', 'wap', /^(bar)?count$/i],
    ],
    columns: { time: 'date', ...LOWER },
    zone: NEW_YORK,
    example: ['2024-03-04 09:30:00-05:00,176.15,176.9,175.82,176.3,23150.0,176.31,8146'],
  },
  {
    name: 'tradingview',
    title: 'TradingView chart export',
    source: 'https://www.tradingview.com/support/solutions/43000537255/',
    headers: [['time', 'open', 'high', 'low', 'close', 'Volume']],
    file: /^[^_,]+(?:_(?:MINI|DLY?|EOD))*_([^,]+), /, // an exchange such as CME_MINI, and the symbol
    columns: { time: 'time', ...LOWER, volume: 'Volume' },
    example: ['1709562600,176.15,176.9,175.82,176.3,2315021'],
  },
  {
    name: 'metatrader4',
    title: "MetaTrader 4 history export; times are in the broker's server time: give its zone with --tz",
    source: 'https://www.metatrader4.com/en/trading-platform/help/service/history_center',
    row: new RegExp(`^\\d{4}\\.\\d\\d\\.\\d\\d,\\d\\d:\\d\\d,(?:${NUMBER},){4}\\d+$`),
    columns: DATE_AND_TIME,
    time: ['yyyy.MM.dd HH:mm'],
    zone: undefined,
    example: ['2024.03.04,16:30,1.08500,1.08520,1.08490,1.08510,57'],
  },
  {
    name: 'metatrader5',
    title: "MetaTrader 5 bars export; times are in the broker's server time: give its zone with --tz",
    source: 'https://www.metatrader5.com/en/terminal/help/trading_advanced/custom_instruments',
    delimiter: '\t',
    headers: [['<DATE>', '<TIME>', '<OPEN>', '<HIGH>', '<LOW>', '<CLOSE>', '<TICKVOL>', '<VOL>', '<SPREAD>']],
    columns: { ...BRACKETED, volume: ['<VOL>', '<TICKVOL>'] },
    time: ['yyyy.MM.dd HH:mm:ss', 'yyyy.MM.dd HH:mm'],
    zone: undefined,
    example: ['2024.03.04\t16:30:00\t1.08500\t1.08520\t1.08490\t1.08510\t57\t0\t3'],
  },
  {
    name: 'tradestation',
    title: 'TradeStation ASCII: times are closes, in the time of the exchange',
    source: 'https://help.tradestation.com/10_00/eng/tradestationhelp/data/data_ascii_guidelines.htm',
    headers: [
      ['Date', 'Time', 'Open', 'High', 'Low', 'Close', 'Up', 'Down'],
      ['Date', 'Time', 'Open', 'High', 'Low', 'Close', /^Vol(ume)?$/, 'OI'],
    ],
    columns: { date: 'Date', time: 'Time', ...CAPITALS, volume: /^Vol(ume)?$/, volumeParts: ['Up', 'Down'] },
    time: ['MM/dd/yyyy HHmm', 'MM/dd/yyyy HH:mm', 'M/d/yyyy H:mm'],
    zone: NEW_YORK,
    times: 'close',
    example: [
      '"Date","Time","Open","High","Low","Close","Up","Down"',
      '03/04/2024,0931,176.15,176.9,175.82,176.3,1315021,1000000',
    ],
  },
  {
    name: 'ninjatrader',
    title: 'NinjaTrader export: times are closes, UTC',
    source: 'https://ninjatrader.com/support/helpGuides/nt8/exporting.htm',
    delimiter: ';',
    row: new RegExp(`^\\d{8} \\d{6};(?:${NUMBER};){4}\\d+$`),
    file: /^(.+)\.(?:Last|Bid|Ask)\.txt/i,
    needsFile: true,
    columns: IN_ORDER,
    time: ['yyyyMMdd HHmmss'],
    times: 'close',
    example: ['20240304 143100;5130.25;5131;5129.75;5130.5;823'],
  },
];
