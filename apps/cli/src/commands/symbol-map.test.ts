import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSymbolMap } from './symbol-map.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'barkeep-symbols-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Reads a file with this text. */
async function mapOf(text: string): Promise<Record<string, string>> {
  const file = join(folder, 'map');
  await writeFile(file, text);
  return Object.fromEntries(await readSymbolMap(file));
}

describe('the file of --symbol-map', () => {
  it.each([
    ['rows', 'NIFTY 50,NIFTY50\n\n"Gold, spot",GOLD\r\n'],
    ['a JSON object', '{ "NIFTY 50": "NIFTY50", "Gold, spot": "GOLD" }'],
  ])('has %s, with or without a byte order mark', async (_, text) => {
    const expected = { 'NIFTY 50': 'NIFTY50', 'Gold, spot': 'GOLD' };
    expect(await mapOf(text)).toEqual(expected);
    expect(await mapOf(`\ufeff${text}`)).toEqual(expected);
  });

  it('is refused when a row has one column, when a name is to become no symbol, or when its JSON is invalid', async () => {
    await expect(mapOf('NIFTY50\n')).rejects.toThrow('--symbol-map: expected FROM,TO with a symbol TO');
    await expect(mapOf('NIFTY,NIFTY 50\n')).rejects.toThrow('was "NIFTY,NIFTY 50"');
    await expect(mapOf('{ "NIFTY" }')).rejects.toThrow('--symbol-map: expected JSON');
  });
});
