/** Rounds of a scenario, and the medians, spreads and ratios of their samples. */

/**
 * Runs a scenario: one unmeasured round to warm up, then rounds in which all arms run in turn. An arm with `rounds: 1`,
 * such as a slow baseline, runs only in the first round, and without a warm-up. The samples of other arms in later rounds
 * are compared with its last sample.
 * @returns `{ id, title, unit, figures, targets, missed }`: a figure for each arm, and the missed targets as text
 */
export async function runScenario(scenario, bench, rounds) {
  bench.log(`\n${scenario.id} ${scenario.title}`);
  const { close, others = {}, value, limit, baseline } = await scenario.prepare(bench);
  const arms = { limit, value, ...others, baseline };
  const names = Object.keys(arms).filter((name) => arms[name]);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  const count = scenario.rounds ?? rounds;
  try {
    for (const name of names) if (!arms[name].rounds) await arms[name]();
    for (let round = 0; round < count; round++) {
      for (const name of names) {
        if (round >= (arms[name].rounds ?? count)) continue;
        const sample = await arms[name]();
        samples[name].push(sample);
        bench.log(
          `  round ${round + 1} ${name}: ${Number(sample.rate.toPrecision(4)).toLocaleString('en-US')} ${sample.unit ?? scenario.unit}`,
        );
      }
    }
  } finally {
    await close?.();
    await bench.stopSystems();
  }
  return summary(scenario, samples);
}

/** An arm that does no work: `rate` computes it from samples of earlier arms. @param unit if not the scenario's */
export function computed(rate, unit) {
  return async () => ({ rate: rate(), unit });
}

/** An arm that does no work, in percent: `share` computes a share of 1 from samples of earlier arms. */
export function percentage(share) {
  return computed(() => 100 * share(), '%');
}

function summary({ id, title, unit, targets = {} }, samples) {
  const rates = (name) => samples[name]?.map(({ rate }) => rate);
  const ratio = (name, to) => {
    // A sample may bring its own ratio to the limit, measured in the same round.
    if (to === 'limit' && samples[name][0]?.ratioToLimit !== undefined) {
      return median(samples[name].map(({ ratioToLimit }) => ratioToLimit));
    }
    // A sample in another unit cannot be compared.
    if (samples[name][0]?.unit !== undefined) return undefined;
    const others = rates(to);
    return others && median(rates(name).map((rate, round) => rate / (others[round] ?? others.at(-1))));
  };
  const figures = Object.keys(samples).map((name) => ({
    name,
    unit: samples[name][0]?.unit,
    rate: median(rates(name)),
    spread: spread(rates(name)),
    ratioToLimit: name === 'limit' ? undefined : ratio(name, 'limit'),
    ratioToBaseline: name === 'baseline' ? undefined : ratio(name, 'baseline'),
    bytesPerBar: median(samples[name].map(({ bytesPerBar }) => bytesPerBar)),
    cpu: cpuOf(samples[name]),
  }));
  return { id, title, unit, figures, targets, missed: missedOf(figures, targets) };
}

/** Median CPU seconds by process. */
function cpuOf(samples) {
  const names = Object.keys(samples[0]?.cpu ?? {});
  return Object.fromEntries(names.map((name) => [name, median(samples.map(({ cpu }) => cpu[name]))]));
}

/** The missed targets, as text; `targets.others` has the targets of additional arms. */
function missedOf(figures, { others = {}, ...targets }) {
  const wanted = new Map([['value', targets], ...Object.entries(others)]);
  return figures.flatMap((figure) =>
    Object.entries(wanted.get(figure.name) ?? {}).flatMap(([target, bound]) => {
      const [field, isMax] = BOUNDS[target];
      const was = figure[field];
      if (was !== undefined && (isMax ? was <= bound : was >= bound)) return [];
      const expected = `${isMax ? '<=' : '>='} ${Math.round(bound * 100) / 100}`;
      return [`${String(figure.name)} ${target}: expected ${expected}, was ${was?.toPrecision(3) ?? 'nothing'}`];
    }),
  );
}

/** The targets by name: the field of the figure, and whether the target is a maximum or a minimum. */
const BOUNDS = {
  ratioToLimit: ['ratioToLimit', false],
  ratioToLimitMax: ['ratioToLimit', true],
  ratioToBaseline: ['ratioToBaseline', false],
  bytesPerBarMax: ['bytesPerBar', true],
  valueMin: ['rate', false],
  valueMax: ['rate', true],
};

/** The median of the values that are not undefined; undefined when there are none. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The difference between the largest and the smallest value, divided by the size of the median, which may be negative. */
function spread(values) {
  return (Math.max(...values) - Math.min(...values)) / Math.abs(median(values));
}
