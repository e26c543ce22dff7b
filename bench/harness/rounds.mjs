/** Runs a scenario: one unmeasured round to warm up, then rounds of all arms, interleaved. Answers medians, spreads and ratios. */
import { median, spread } from './statistics.mjs';

/** An arm that says `rounds: 1` (a slow baseline) is run in the first rounds only; later rounds are compared with its last sample. */
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
        bench.log(`  round ${round + 1} ${name}: ${Math.round(sample.rate).toLocaleString('en-US')} ${scenario.unit}`);
      }
    }
  } finally {
    await close?.();
  }
  return summary(scenario, samples);
}

function summary({ id, title, unit, targets = {} }, samples) {
  const rates = (name) => samples[name]?.map(({ rate }) => rate);
  const ratio = (name, to) => {
    const [own, other] = [rates(name), rates(to)];
    return other && median(own.map((rate, round) => rate / (other[round] ?? other.at(-1))));
  };
  const figures = Object.keys(samples).map((name) => ({
    name,
    rate: median(rates(name)),
    spread: spread(rates(name)),
    ratioToLimit: name === 'limit' ? undefined : ratio(name, 'limit'),
    ratioToBaseline: name === 'baseline' ? undefined : ratio(name, 'baseline'),
    bytesPerBar: median(samples[name].map(({ bytesPerBar }) => bytesPerBar)),
    cpu: cpuOf(samples[name]),
  }));
  const value = figures.find(({ name }) => name === 'value');
  return { id, title, unit, figures, value, targets, missed: missedOf(value, targets) };
}

/** Median CPU seconds by process. */
function cpuOf(samples) {
  const names = Object.keys(samples[0]?.cpu ?? {});
  return Object.fromEntries(names.map((name) => [name, median(samples.map(({ cpu }) => cpu[name]))]));
}

function missedOf(value, targets) {
  const checks = {
    ratioToLimit: [value.ratioToLimit, '>='],
    ratioToBaseline: [value.ratioToBaseline, '>='],
    bytesPerBarMax: [value.bytesPerBar, '<='],
    valueMin: [value.rate, '>='],
    valueMax: [value.rate, '<='],
  };
  return Object.entries(targets).flatMap(([name, wanted]) => {
    const [was, sign] = checks[name];
    const isMet = was !== undefined && (sign === '>=' ? was >= wanted : was <= wanted);
    return isMet ? [] : [`${name}: expected ${sign} ${wanted}, was ${was === undefined ? 'nothing' : Number(was.toPrecision(3))}`];
  });
}
