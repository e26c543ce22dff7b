/** One trace shows a repair in two processes, from the streamed window with a hole to the bars that fill it. */
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';
import { TraceCollector, type CollectedSpan } from '../support/system/trace-collector.js';

/**
 * Nine trading days, each with a hole. The first round of upkeep, which no window causes and which has no trace, may repair the first days;
 * the hints of the later windows repair the others.
 */
const DAYS = 9;
const SPEC = {
  id: 'traced',
  symbols: ['AAA'],
  start: '2024-07-01',
  end: '2024-07-12',
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['whole'],
  derivedIntervals: ['5m'],
};
const PRINT_MODULES = join(__dirname, '../support/system/print-trace-modules.cjs');

let system: TestSystem;
let collector: TraceCollector;

beforeAll(async () => {
  collector = await TraceCollector.start();
  system = await TestSystem.create();
  const whole = marketBars({ ...SPEC, seed: 5 });
  await writeBars(system.databaseUrl, 'whole', whole);
  const isInHole = ({ openTime }: { openTime: number }) => /T15:1[0-2]/.test(new Date(openTime).toISOString());
  const holey = new Map([...whole].map(([symbol, bars]) => [symbol, bars.filter((bar) => !isInHole(bar))]));
  await writeBars(system.databaseUrl, 'holey', holey);
});
afterAll(async () => {
  await system?.close();
  await collector?.close();
});

test('a repair is one trace from the streamed window to the readable bars, in two processes', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const [coordinator, worker] = await Promise.all([system.coordinator(env), system.worker(env)]);
  const api = new Api(coordinator.url);
  await api.run(SPEC);
  const { counts } = await api.completed(SPEC.id);
  expect(counts).toMatchObject({ backfilled: 3 * DAYS, missing: 0 });
  const spans = await api.eventually(
    () => collector.spans,
    (all) => firstRepair(all) !== undefined,
  );
  const repair = firstRepair(spans)!;
  expect(repair.map(({ name, service }) => `${service}: ${name}`)).toEqual([
    'barkeep-coordinator: stream window',
    'barkeep-coordinator: add detect-gaps.detect-gaps',
    'barkeep-upkeep-worker: process detect-gaps',
    'barkeep-upkeep-worker: addBulk backfill',
    'barkeep-upkeep-worker: process backfill',
    'barkeep-upkeep-worker: add aggregate.aggregate',
    'barkeep-upkeep-worker: process aggregate',
    'barkeep-upkeep-worker: make bars readable',
  ]);
  const request = spans.find(({ name, traceId }) => name === 'ask repositories' && traceId === repair[0]!.traceId);
  expect(request?.attributes).toMatchObject({
    'barkeep.session': SPEC.id,
    'barkeep.date': expect.stringMatching(/^2024-07-/),
  });
  expect(repair.at(-1)!.endNs).toBeGreaterThan(repair[0]!.startNs);
  // A process sends its remaining spans before it ends.
  expect(await Promise.all([coordinator.signal('SIGTERM'), worker.signal('SIGTERM')])).toEqual([0, 0]);
  // Every other span has a parent: none was lost at the end.
  const roots = collector.spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  expect(new Set(roots.map(({ name }) => name))).toEqual(new Set(['stream window']));
});

test('without an endpoint nothing is loaded that only traces need', async () => {
  const [coordinator, worker] = await Promise.all([
    system.coordinator({ NODE_OPTIONS: `--require ${PRINT_MODULES}` }),
    system.worker({ NODE_OPTIONS: `--require ${PRINT_MODULES}` }),
  ]);
  for (const started of [coordinator, worker]) {
    expect(await started.signal('SIGTERM')).toBe(0);
    expect(started.log).toContain('loaded for traces: 0');
  }
});

/** The spans of the first complete repair, from the root to the readable bars; undefined when there is none yet. */
function firstRepair(spans: readonly CollectedSpan[]): CollectedSpan[] | undefined {
  const paths = spans.filter(({ name }) => name === 'make bars readable').map((span) => pathTo(span, spans));
  return paths.find(
    (path) => path[0]!.parentSpanId === undefined && path.some(({ name }) => name === 'process backfill'),
  );
}

/** The path from the root to a span, as far as its spans were received. */
function pathTo(span: CollectedSpan, spans: readonly CollectedSpan[]): CollectedSpan[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return parent ? [...pathTo(parent, spans), span] : [span];
}
