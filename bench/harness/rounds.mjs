/**
 * Rounds of a scenario, and the medians, spreads and ratios of their samples. An arm is a function that measures one program once and
 * answers a sample, `{ rate, unit?, cpu?, … }`: `value` measures Barkeep, `limit` and `baseline` measure simple programs.
 */

/**
 * Runs a scenario: one unmeasured round to warm up, then rounds in which all arms run in turn. An arm with `rounds: 1`,
 * such as a slow baseline, runs only in the first round, and without a warm-up. The samples of other arms in later rounds
 * are compared with its last sample.
 * @returns `{ id, title, unit, figures, targets, missed }`: a figure for each arm, and the missed targets as text
 */
export async function runScenario(scenario, bench, rounds) {
  const { id, title, unit, targets = {} } = scenario;
  bench.log(`\n${id} ${title}`);
  const { close, others, value, limit, baseline } = await scenario.prepare(bench);
  const arms = Object.entries({ limit, value, ...others, baseline }).filter(([, arm]) => arm); // in the order in which they run
  let samples;
  try {
    samples = await samplesOf(arms, scenario.rounds ?? rounds, (round, name, sample) =>
      bench.log(`  round ${round + 1} ${name}: ${rateText(sample, unit)}`),
    );
  } finally {
    await close?.();
    await bench.stopSystems();
  }
  const figures = Object.keys(samples).map((name) => figureOf(name, samples));
  return { id, title, unit, figures, targets, missed: missedOf(figures, targets) };
}

/** Runs the arms: once to warm up, then in turn in each round. @returns the samples of each arm, by its name */
async function samplesOf(arms, rounds, log) {
  const samples = Object.fromEntries(arms.map(([name]) => [name, []]));
  for (const [, arm] of arms) if (!arm.rounds) await arm();
  for (let round = 0; round < rounds; round++) {
    for (const [name, arm] of arms) {
      if (round >= (arm.rounds ?? rounds)) continue;
      const sample = await arm();
      samples[name].push(sample);
      log(round, name, sample);
    }
  }
  return samples;
}

function rateText({ rate, unit }, scenarioUnit) {
  return `${Number(rate.toPrecision(4)).toLocaleString('en-US')} ${unit ?? scenarioUnit}`;
}

/** An arm that does no work: `rate` computes it from samples of earlier arms. @param unit if not the scenario's */
export function computed(rate, unit) {
  return async () => ({ rate: rate(), unit });
}

/** An arm that does no work, in percent: `share` computes a share of 1 from samples of earlier arms. */
export function percentage(share) {
  return computed(() => 100 * share(), '%');
}

/** The figure of one arm, with its ratios to the samples of the arms `limit` and `baseline`. */
function figureOf(name, samplesByArm) {
  const samples = samplesByArm[name];
  const { limit, baseline } = samplesByArm;
  const rates = samples.map(({ rate }) => rate);
  // Samples may bring their own ratio to the limit, measured in the same round.
  const ownRatio = median(samples.map(({ ratioToLimit }) => ratioToLimit));
  return {
    name,
    unit: samples[0]?.unit,
    rate: median(rates),
    spread: spread(rates),
    ratioToLimit: name === 'limit' ? undefined : (ownRatio ?? ratioTo(limit, samples)),
    ratioToBaseline: name === 'baseline' ? undefined : ratioTo(baseline, samples),
    bytesPerBar: median(samples.map(({ bytesPerBar }) => bytesPerBar)),
    cpu: cpuOf(samples),
  };
}

/**
 * The median of an arm's ratios: each sample divided by the other arm's sample of the same round, or by its last one when it ran fewer
 * rounds. Undefined without the other arm, or when the samples have a unit of their own.
 */
function ratioTo(otherSamples, samples) {
  if (otherSamples === undefined || samples[0]?.unit !== undefined) return undefined;
  return median(samples.map(({ rate }, round) => rate / (otherSamples[round] ?? otherSamples.at(-1)).rate));
}

/** Median CPU seconds by process. */
function cpuOf(samples) {
  const names = Object.keys(samples[0]?.cpu ?? {});
  return Object.fromEntries(names.map((name) => [name, median(samples.map(({ cpu }) => cpu[name]))]));
}

/** The targets by name: the field of the figure, and whether the target is a maximum or a minimum. */
const BOUNDS = {
  ratioToLimit: { field: 'ratioToLimit', isMax: false },
  ratioToLimitMax: { field: 'ratioToLimit', isMax: true },
  ratioToBaseline: { field: 'ratioToBaseline', isMax: false },
  bytesPerBarMax: { field: 'bytesPerBar', isMax: true },
  valueMin: { field: 'rate', isMax: false },
  valueMax: { field: 'rate', isMax: true },
};

/** The missed targets, as text; `targets.others` has the targets of additional arms. */
function missedOf(figures, { others = {}, ...targets }) {
  const targetsByArm = new Map([['value', targets], ...Object.entries(others)]);
  return figures.flatMap((figure) =>
    Object.entries(targetsByArm.get(figure.name) ?? {}).flatMap(([target, bound]) => {
      const { field, isMax } = BOUNDS[target];
      const was = figure[field];
      const isMet = was !== undefined && (isMax ? was <= bound : was >= bound);
      if (isMet) return [];
      const expected = `${isMax ? '<=' : '>='} ${Math.round(bound * 100) / 100}`;
      return [`${String(figure.name)} ${target}: expected ${expected}, was ${was?.toPrecision(3) ?? 'nothing'}`];
    }),
  );
}

/** The median of the values that are not undefined; undefined when there are none. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The smallest value that at least 99 % of the values do not exceed. */
export function percentile99(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1];
}

/** The difference between the largest and the smallest value, divided by the size of the median, which may be negative. */
function spread(values) {
  return (Math.max(...values) - Math.min(...values)) / Math.abs(median(values));
}
