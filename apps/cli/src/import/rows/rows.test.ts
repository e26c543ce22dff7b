/** Texts of CSV and JSON that arrive in pieces of any size, and their rows. */
import { JsonRows, KEY_SEPARATOR, type Row, RowSplitter, rowTexts } from './index.js';

/** The bytes of a text in pieces of `size` bytes. */
function* piecesOf(text: string, size: number): Iterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/**
 * The rows of a JSON text that arrives in pieces, as the texts of their fields. The row of the first object's keys has `header` in front;
 * a refused row is `refused`, its line and the reason. @param size of a piece, in bytes
 */
function rowsOf(text: string, size: number): string[][] {
  const rows: string[][] = [];
  const splitter = new JsonRows({
    row: (row: Row) => void rows.push([...(row.isHeader === true ? ['header'] : []), ...rowTexts(row)]),
    refuse: (line, reason) => void rows.push(['refused', String(line), reason]),
  });
  for (const piece of piecesOf(text, size)) splitter.push(piece);
  splitter.end();
  return rows;
}

/**
 * A JSON text with unusual parts: a byte order mark, values before the rows, escapes, an array as a value of the first row (h), other
 * orders of the keys, a missing key, and a second JSON value after the first one.
 */
const TEXT = `\ufeff{"a":1,"b\\u0041":[1,2],"status":"O\\\\K","list":[
  {"t":1,"o":"x\\"y","h":[],"l":4.5e3,"c":null,"v":"\\ud83d\\ude00\\\\"},
  {"v":6,"c":5,"l":4,"h":3,"o":2,"t":"é"},
  {"t":1,"o":2,"l":4,"c":5,"v":6}]}
[["q,r",2,3,4,5]]`;

describe('rows of CSV', () => {
  it('are refused when they are too long, in pieces that are smaller or larger than the row', () => {
    const text = `1,2\n${'x'.repeat(70_000)}\n3,4\n`;
    for (const size of [1000, 200_000]) {
      const rows: unknown[] = [];
      const splitter = new RowSplitter(',', {
        row: (row) => void rows.push(rowTexts(row)),
        refuse: (line, reason) => void rows.push([line, reason]),
      });
      for (const piece of piecesOf(text, size)) splitter.push(piece);
      expect(rows).toEqual([
        ['1', '2'],
        [2, 'row-too-long'],
        ['3', '4'],
      ]);
    }
  });
});

describe('rows of JSON', () => {
  it('are the same in pieces of every size', () => {
    const inOnePiece = rowsOf(TEXT, Infinity);
    expect(inOnePiece).toEqual([
      ['header', 't', 'o', 'l', 'c', 'v'],
      ['1', 'x"y', '4.5e3', 'null', '😀\\'],
      ['é', '2', '4', '5', '6'],
      ['1', '2', '4', '5', '6'],
      ['q,r', '2', '3', '4', '5'],
    ]);
    for (let size = 1; size < 40; size++) expect(rowsOf(TEXT, size)).toEqual(inOnePiece);
  });

  it('are refused when they are too long, and the rows after them are read', () => {
    // A row with a long string, a row with many values, and a row that is read.
    const text = `[[1,"${'x'.repeat(70_000)}",3],[${'7,'.repeat(40_000)}7],[1,2,3]]`;
    for (const size of [1000, 200_000])
      expect(rowsOf(text, size).map((row) => row.slice(0, 3))).toEqual([
        ['refused', '1', 'row-too-long'],
        ['refused', '1', 'row-too-long'],
        ['1', '2', '3'],
      ]);
  });

  it('end with a refusal where a bracket is wrong or missing', () => {
    expect(rowsOf('[[1,2}', 3)).toEqual([['refused', '1', 'bad-json']]);
    expect(rowsOf('[[1,2]', 3)).toEqual([
      ['1', '2'],
      ['refused', '1', 'bad-json'],
    ]);
    expect(rowsOf('"text"', 3)).toEqual([['refused', '1', 'bad-json']]);
  });

  it('are read in an array that has other values, too, which are refused one by one', () => {
    // Line 1 has two values that are no rows, line 2 has four, line 3 is an empty array, and line 4 has rows at two depths.
    const text = '["a",[1,2],null,\n"x",{},5,[],[3,4]]\n[]\n[["note"],[[5,6]]]';
    for (const size of [1, 3, 100])
      expect(rowsOf(text, size)).toEqual([
        ['refused', '1', 'missing-fields'],
        ['1', '2'],
        ['refused', '1', 'missing-fields'],
        ['refused', '2', 'missing-fields'],
        ['refused', '2', 'missing-fields'],
        ['refused', '2', 'missing-fields'],
        ['refused', '2', 'missing-fields'],
        ['3', '4'],
        ['note'],
        ['5', '6'],
      ]);
  });

  it.each(['[[1,2]]\n5', '[[1,2]]\n5\n', '[[1,2]]"x"', '[[1,2]]\u001a'])(
    'end with a refusal where a value follows them: %j',
    (text) =>
      expect(rowsOf(text, 3)).toEqual([
        ['1', '2'],
        ['refused', expect.any(String), 'bad-json'],
      ]),
  );

  it.each(['[[1 2,3]]', '{"a":1,"b","c":3}', '{"a":1 2}', '{"a"}'])(
    'end with a refusal where a value or a comma is missing: %s',
    (text) => expect(rowsOf(text, 3)).toEqual([['refused', '1', 'bad-json']]),
  );

  it('have the keys that they are under, also in an object with long texts and very many keys', () => {
    const groups: (string | undefined)[] = [];
    const splitter = new JsonRows({ row: ({ group }) => void groups.push(group), refuse: () => undefined });
    const keys = Array.from({ length: 20_000 }, (_, index) => `key${index}`);
    splitter.push(Buffer.from(`{"note":"${'x'.repeat(70_000)}","bars":{`));
    splitter.push(Buffer.from(`${keys.map((key) => `"${key}":[[1,2]]`).join(',')}}}`));
    expect(groups).toEqual(keys.map((key) => `bars${KEY_SEPARATOR}${key}`));
  });

  it('have the symbol of the innermost object that names one as a text', () => {
    // The object under the key "symbol" names no symbol, so the row in it has the symbol of the object around.
    const names: (string | undefined)[] = [];
    const splitter = new JsonRows({ row: ({ named }) => void names.push(named), refuse: () => undefined });
    splitter.push(Buffer.from('{"symbol":"OUTER","a":{"symbol":"INNER","bars":[[1]]},"b":{"symbol":{"bars":[[2]]}}}'));
    expect(names).toEqual(['INNER', 'OUTER']);
  });
});
