/**
 * docs/metrics.md must list every metric of a coordinator and of a worker, with its help text. UPDATE_DOCUMENTS=1
 * writes the list into the page.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type RunningService } from '@barkeep/service';
import { Metrics } from '@barkeep/observe';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/coordinator.js';
import { APP_CONTEXT, type AppContext } from '../../apps/coordinator/src/runtime.js';
import { startWorker } from '../../apps/upkeep-worker/src/worker.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { inProcessEnvironment } from '../support/system/in-process.js';

const PAGE = join(__dirname, '../../docs/metrics.md');
/** The lines of the page before and after the list of a service. */
const startMark = (service: string) => `<!-- metrics of the ${service} -->\n`;
const END_MARK = '\n<!-- end -->';
/** Metrics that prom-client makes for every Node program. */
const OF_NODE = /^(nodejs|process)_/;

let database: TestDatabase;
let coordinator: Coordinator;
let worker: RunningService & { metrics: Metrics };

beforeAll(async () => {
  database = await createTestDatabase();
  const config = loadConfig(inProcessEnvironment(database.url, `metrics-${randomUUID()}`));
  coordinator = await startCoordinator(config);
  worker = await startWorker(config);
});

afterAll(async () => {
  await worker?.stop.run();
  await coordinator?.stop.run();
  await database?.drop();
});

interface DescribedMetric {
  name: string;
  help: string;
  type: string;
  labelNames: readonly string[];
}

/** The metrics of a service in the order of names, without those of Node. */
function metricsOf({ registry }: Metrics): DescribedMetric[] {
  // prom-client names the kind of a metric only by its class, such as Counter.
  const all = registry.getMetricsAsArray() as unknown as (DescribedMetric & { constructor: { name: string } })[];
  return all
    .filter(({ name }) => !OF_NODE.test(name))
    .map(({ name, help, labelNames, constructor }) => ({
      name,
      help,
      labelNames,
      type: constructor.name.toLowerCase(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The metrics of each service. */
function allMetrics(): Record<string, DescribedMetric[]> {
  const ofCoordinator = coordinator.app.get<AppContext>(APP_CONTEXT).metrics;
  return { coordinator: metricsOf(ofCoordinator), 'upkeep worker': metricsOf(worker.metrics) };
}

/** The metrics as a table of Markdown, aligned as prettier would. */
function tableOf(metrics: readonly DescribedMetric[]): string {
  const rows = metrics.map(({ name, type, labelNames, help }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(', ');
    return [`\`${name}\``, type, labels, help];
  });
  const head = ['metric', 'kind', 'labels', 'what'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const lineOf = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [lineOf(head), lineOf(widths.map((width) => '-'.repeat(width))), ...rows.map(lineOf)].join('\n');
}

it('docs/metrics.md lists every metric with its kind, its labels and its help', () => {
  // The page with each list replaced by the one that the metrics give.
  let expected = readFileSync(PAGE, 'utf8');
  for (const [service, metrics] of Object.entries(allMetrics())) {
    const from = expected.indexOf(startMark(service)) + startMark(service).length;
    const to = expected.indexOf(END_MARK, from);
    expected = `${expected.slice(0, from)}\n${tableOf(metrics)}\n${expected.slice(to)}`;
  }
  if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(PAGE, expected);
  expect(readFileSync(PAGE, 'utf8')).toBe(expected);
});

it("the names of metrics follow Prometheus' conventions (base units, and _total for counters), and a help text is a phrase", () => {
  for (const { name, type, help } of Object.values(allMetrics()).flat()) {
    expect(name).toMatch(/^barkeep_[a-z_]+$/);
    expect({ name, isTotal: name.endsWith('_total') }).toEqual({ name, isTotal: type === 'counter' });
    expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes|kb|mb|kilobytes|megabytes|percent)(_|$)/);
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
    // A phrase begins with a capital and ends without a full stop.
    expect(help).toMatch(/^[A-Z].*[^.]$/);
  }
});
