import { JsonRows, KEY_SEPARATOR, type Row, RowSplitter, rowTexts } from './index.js';

/** The bytes of a text in pieces of `size` bytes. */
function* piecesOf(text: string, size: number): Iterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** All rows of a JSON text that arrives in pieces. A header begins with `header`, a refusal with `refused`. */
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
 * Rows among everything that may surround them: a byte order mark, values before the rows, escapes, an array in a row, keys in another
 * order, and a second JSON value.
 */
const TEXT = `\ufeff{"a":1,"b\\u0041":[1,2],"status":"O\\\\K","list":[
  {"t":1,"o":"x\\"y","h":[],"l":4.5e3,"c":null,"v":"\\ud83d\\ude00\\\\"},
  {"v":6,"c":5,"l":4,"h":3,"o":2,"t":"é"},
  {"t":1,"o":2,"l":4,"c":5,"v":6}]}
[["q,r",2,3,4,5]]`;

describe('rows of CSV', () => {
  it('that are too long are refused, however the bytes arrive', () => {
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
  it('are the same however the bytes arrive', () => {
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

  it('that are too long are refused, and those after them are read', () => {
    // A row with a long string, a row with many values, and a row that is read.
    const text = `[[1,"${'x'.repeat(70_000)}",3],[${'7,'.repeat(40_000)}7],[1,2,3]]`;
    for (const size of [1000, 200_000])
      expect(rowsOf(text, size).map((row) => row.slice(0, 3))).toEqual([
        ['refused', '1', 'row-too-long'],
        ['refused', '1', 'row-too-long'],
        ['1', '2', '3'],
      ]);
  });

  it('end with a refusal where the brackets do not fit', () => {
    expect(rowsOf('[[1,2}', 3)).toEqual([['refused', '1', 'bad-json']]);
    expect(rowsOf('[[1,2]', 3)).toEqual([
      ['1', '2'],
      ['refused', '1', 'bad-json'],
    ]);
    expect(rowsOf('"text"', 3)).toEqual([['refused', '1', 'bad-json']]);
  });

  it('are read although their array has other values, which are refused one by one', () => {
    // Line 1 has two values that are no rows, line 2 has four, line 3 is empty, and line 4 has rows at two depths.
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

  it('keep the keys above them, also of an object with long texts or very many keys', () => {
    const groups: (string | undefined)[] = [];
    const splitter = new JsonRows({ row: ({ group }) => void groups.push(group), refuse: () => undefined });
    const keys = Array.from({ length: 20_000 }, (_, index) => `key${index}`);
    splitter.push(Buffer.from(`{"note":"${'x'.repeat(70_000)}","bars":{`));
    splitter.push(Buffer.from(`${keys.map((key) => `"${key}":[[1,2]]`).join(',')}}}`));
    expect(groups).toEqual(keys.map((key) => `bars${KEY_SEPARATOR}${key}`));
  });

  it('are named by the innermost object that names a symbol, and not by an object under the key "symbol"', () => {
    const names: (string | undefined)[] = [];
    const splitter = new JsonRows({ row: ({ named }) => void names.push(named), refuse: () => undefined });
    splitter.push(Buffer.from('{"symbol":"OUTER","a":{"symbol":"INNER","bars":[[1]]},"b":{"symbol":{"bars":[[2]]}}}'));
    expect(names).toEqual(['INNER', 'OUTER']);
  });
});
