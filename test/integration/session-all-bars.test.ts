/**
 * `allBars`, which exports use, on a real Redis: the bars end at one clock, none of them is forming, and parts are read only when
 * the caller takes them.
 * I2, I8: invariants at the end of docs/ARCHITECTURE.md.
 */
import { marketBars } from '../support/data/market.js';
import {
  deriveAll,
  flushUpTo,
  SLOTS,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

const SPEC = { ...SMALL_SPEC, end: '2013-12-20', derivedIntervals: ['5m'] };
const MINUTE = 60_000;

/** A store with the bars of the first 20 days (0 to 19); its clock is at the start. */
async function begin(): Promise<TestStore> {
  const store = await server.begin(server.layout(SPEC));
  await flushUpTo(store, marketBars({ ...SPEC, seed: 5 }), store.layout.grid(19).close);
  return store;
}

it('I2 the bars of all symbols end at the clock that the session had at the first read', async () => {
  const store = await begin();
  const { reader, layout, writer } = store;
  const clock = layout.grid(17).open + 7 * MINUTE;
  await writer.moveClock(clock);
  const lastCloses = new Map<string, number>();
  for await (const { symbol, bars } of reader.allBars({ symbols: ['AAA', 'CCC'] })) {
    const last = bars.at(-1);
    if (last) lastCloses.set(symbol, last.closeTime);
    // The clock moves on while the bars are read.
    await writer.moveClock(layout.grid(18).close);
  }
  expect([...lastCloses]).toEqual([
    ['AAA', clock],
    ['CCC', clock],
  ]);
});

it('allBars leaves out a derived bar that is still forming', async () => {
  const store = await begin();
  await deriveAll(store);
  const { reader, layout, writer } = store;
  await writer.moveClock(layout.grid(1).open + 7 * MINUTE);
  const bars = [];
  for await (const part of reader.allBars({ symbols: ['AAA'], interval: '5m' })) bars.push(...part.bars);
  // The clock is seven minutes into the second day. So there are the bars of the first day and one whole bar of the second; the last
  // two minutes are those of the forming bar.
  expect(bars).toHaveLength(SLOTS / 5 + 1);
  expect(bars.at(-1)).toMatchObject({ openTime: layout.grid(1).open, complete: true });
  expect(await reader.latestBar('AAA', '5m')).toMatchObject({ complete: false });
});

it('I8 allBars reads a part when the caller takes it, and nothing after the caller has ended the loop', async () => {
  const { reader, layout, writer } = await begin();
  await writer.moveClock(layout.grid(19).close);
  const readPart = jest.spyOn(reader, 'barsBetween'); // called once for each part
  const parts = reader.allBars({ symbols: ['AAA', 'BBB', 'CCC'] });
  const first = await parts.next();
  expect(first.value).toMatchObject({ symbol: 'AAA' });
  await parts.return(undefined);
  expect(readPart).toHaveBeenCalledTimes(1);
});
