/** I13 is an invariant of docs/ARCHITECTURE.md. */
import { parseSessionSpec, SymbolCountError } from '@barkeep/bars';
import { SymbolChanges } from './symbol-changes.js';

const IS_AWAY = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const ROW = {
  id: 's',
  incarnation: 'i',
  state: 'running',
  spec: parseSessionSpec({
    symbols: ['AAA', 'BBB'],
    start: '2013-10-09',
    end: '2013-10-10',
    source: { type: 'dataset', dataset: 'd' },
  }),
  historyDays: 1,
  days: null,
  membership: null,
};

test('a symbol that would make a session larger than a new one may be is refused, and a present one is not', async () => {
  const changed = new Error('the row is changed');
  const sessions = { get: () => Promise.resolve(ROW), changeSymbols: () => Promise.reject(changed) };
  const add = (symbol: string, maxSymbolDays: number) =>
    new SymbolChanges({ sessions, keyPrefix: 'p' } as never, maxSymbolDays).add('s', symbol);
  const [symbols, days] = [3, 3]; // with the new symbol, and with the day of history
  await expect(add('CCC', symbols * days)).rejects.toBe(changed);
  const refused = add('CCC', symbols * days - 1);
  await expect(refused).rejects.toThrow(SymbolCountError);
  await expect(refused).rejects.toThrow(
    'at most 8 symbols × trading days (BARKEEP_MAX_SYMBOL_DAYS), was 3 symbols × 3 trading days',
  );
  await expect(add('AAA', 1)).rejects.not.toThrow(SymbolCountError);
});

test('I13 while the session Redis is away an added symbol is joining and a removal is not done; a present symbol is unknown', async () => {
  const sessions = {
    get: async () => ROW,
    changeSymbols: async (_row: object, _from: object, _before: object, membership: object) => ({ ...ROW, membership }),
  };
  const dataSource = { transaction: () => Promise.reject(IS_AWAY) };
  const changes = new SymbolChanges({ sessions, dataSource, keyPrefix: 'p' } as never, 100);
  expect(await changes.add('s', 'CCC')).toBe('joining');
  expect(await changes.remove('s', 'BBB')).toBe(false);
  await expect(changes.add('s', 'AAA')).rejects.toBe(IS_AWAY);
});

test('upkeep is requested for a change that the store has, also when PostgreSQL is away just after it', async () => {
  const transaction = jest.fn().mockRejectedValue(IS_AWAY);
  transaction.mockResolvedValueOnce({ symbols: ['BBB'], finish: () => Promise.resolve() });
  const producer = { add: jest.fn(() => Promise.resolve()) };
  const changes = new SymbolChanges({ dataSource: { transaction }, producer } as never, 100);
  await expect(changes.updateStore(ROW as never)).rejects.toBe(IS_AWAY);
  expect(producer.add).toHaveBeenCalledTimes(1);
});
