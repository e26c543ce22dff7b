/** The usual names of columns, in several languages. They are compared without case, accents, blanks or punctuation. */

/** The usual names of a time column, the preferred ones first: a column that names UTC is surer than others. */
const TIMES =
  'timeutc timestamputc datetimeutc dateutc utctime utcdatetime gmttime time timestamp datetime opentime ts t unix unixtime epoch bartime tsevent ' +
  'timeperiodstart starttime startat startedat tradetime localtime windowstart unixtimestamp timestampms opentimems timeopen barstart start datetimeet ' +
  'zeit uhrzeit datumzeit zeitstempel heure dateheure hora fechahora dataora datahora orario 时间 日時 時刻 時間 время ' +
  'date dates index datum fecha data 日期 日付 дата';

/** The usual names of each column. */
export const NAMES = {
  time: words(TIMES),
  date: words('date day tradingday tradedate dtyyyymmdd datum fecha data 日期 日付 дата'),
  symbol: words(
    'symbol ticker sym instrument code s pair rawsymbol tradingsymbol tickersymbol stocksymbol localsymbol ric stockcode securitycode tscode ' +
      'windcode secid scrip stock asset coin productid pairname currencypair tradingpair instrumentname contractname isin cusip sedol',
  ),
  open: words(
    'open o openprice first priceopen bidopen pxopen eroffnung eroffnungskurs erster ouverture ouv apertura abertura 开盘 开盘价 開盤 開盤價 始値 открытие',
  ),
  high: words(
    'high h highprice max pricehigh bidhigh pxhigh hoch hochst hochstkurs haut plushaut maximo massimo maxima alto 最高 最高价 最高價 高値 максимум',
  ),
  low: words(
    'low l lowprice min pricelow bidlow pxlow tief tiefst tiefstkurs bas plusbas minimo minima basso bajo 最低 最低价 最低價 安値 минимум',
  ),
  close: words(
    'close c closeprice last lastprice priceclose bidclose pxlast schluss schlusskurs cloture clot dernier cierre chiusura fechamento ultimo 收盘 收盘价 收盤 收盤價 終値 закрытие',
  ),
  /** Traded volume comes before tick volume. When a file has both, the values in its rows decide (volume-choice.ts). */
  volume: words(
    'volume v vol basevolume realvolume volumetraded pxvolume volumen volumi 成交量 出来高 объем tickvolume tickvol tickqty',
  ),
  /** Says whether a bar was over when the file was written: `complete` at OANDA, `confirm` at OKX. */
  complete: words('complete iscomplete confirm confirmed isclosed isfinal'),
};

/** Time columns with these names may have only a time of day; a separate date column then belongs to them. */
export const TIMES_OF_DAY = words('time bartime zeit uhrzeit heure hora orario 时间 時刻 時間 время');

/** The words of a list with blanks between them. */
export function words(text: string): readonly string[] {
  return text.split(' ');
}

/** The name of a JSON key without the objects around it: `o` for `mid.o`. */
export function ownName(key: string): string {
  return key.slice(1 + key.lastIndexOf('.'));
}

/** The form in which names are compared, such as `openprice` for `Open Price`, and `open` for `1. open` of Alpha Vantage. */
export function bareName(name: string): string {
  return name
    .replace(/^\d+[.:] /, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}
