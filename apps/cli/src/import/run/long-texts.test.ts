/**
 * Broken files with long texts. A regular expression or a loop that begins again at each place of such a text would take half a minute for
 * it; a test has five seconds.
 */
import { parseColumnsOption } from '../detect/index.js';
import { CSV_HEADER, minuteRow, OPEN } from '../../../../../test/support/data/import-texts.js';
import { countsOf, imported, STORE_AS_X } from '../../../../../test/support/data/imported-file.js';

const LONG = 60_000;

it('a price with very many digits and a letter is refused', async () => {
  const row = `2024-03-04T14:31Z,${'1'.repeat(LONG)}x,11,9,10,5\n`;
  const result = await imported('a.csv', CSV_HEADER + minuteRow(0) + row, STORE_AS_X);
  expect(countsOf(result)).toEqual({ bars: 1, refused: { 'not-a-number': 1 } });
});

it('a column of zones may have very many zeros', async () => {
  const text = `tz,${CSV_HEADER}${'0'.repeat(LONG)}x,2024-03-04 14:30,10,11,9,10,5\n`;
  expect((await imported('a.csv', text, STORE_AS_X)).bars).toHaveLength(1);
});

it('the bars of JSON may be followed by very many blanks', async () => {
  const bars = Array.from(
    { length: 10_000 },
    (_, minute) => `{"t":${OPEN + minute * 60_000},"o":1,"h":2,"l":1,"c":2,"v":5}`,
  );
  const lastBytes = 64 * 1024; // the importer samples so many: here from the last bracket of a bar on
  const text = `[${bars.join(',')}${' '.repeat(lastBytes - '}]'.length)}]`;
  expect((await imported('a.json', text, STORE_AS_X)).bars).toHaveLength(bars.length);
});

it('an object of JSON may have thousands of values before thousands of arrays of bars', async () => {
  const values = Array.from({ length: 4000 }, (_, index) => `"value${index}":1`);
  const arrays = Array.from({ length: 20_000 }, (_, index) => `"S${index}":[[${OPEN},10,11,9,10,5]]`);
  const columns = parseColumnsOption('time=1,open=2,high=3,low=4,close=5,volume=6');
  const text = `{${[...values, ...arrays].join(',')}}`;
  expect((await imported('a.json', text, { read: { symbolFromKey: true, columns } })).bars).toHaveLength(20_000);
});
