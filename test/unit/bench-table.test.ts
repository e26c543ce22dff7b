/**
 * Tests the settings of a benchmark run, and the table that it prints. The table has a row for each arm; the arms are the programs
 * that a scenario compares. Here they do no work.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const HARNESS = join(__dirname, '../../bench/harness');
const RUN = join(__dirname, '../../bench/run.mjs');

it('the table shows a percentage with its unit and without a ratio, and the spread around a negative median as positive', () => {
  // A program of its own, because Jest cannot import ES modules.
  const script = `
    const { percentage, runScenario } = await import(process.argv[1] + '/rounds.mjs');
    const { consoleTable } = await import(process.argv[1] + '/results.mjs');
    const rates = [0, -1, -2, -3]; // one for the round that warms up, which does not count, and one for each of three rounds
    const arms = {
      value: async () => ({ rate: rates.shift() }),
      limit: async () => ({ rate: 2 }),
      others: { part: percentage(() => 0.5) }, // an arm that is no rate
    };
    const bench = { log: () => undefined, stopSystems: async () => undefined };
    const scenario = { id: 'S0', unit: 'bars/s', prepare: async () => arms };
    const rounds = 3;
    console.log(consoleTable([await runScenario(scenario, bench, rounds)]));`;
  const args = ['--input-type=module', '--eval', script, HARNESS];
  const table = execFileSync(process.execPath, args, { encoding: 'utf8' });
  // The columns are arm, median, unit, spread and ratio to the limit. The median of -1, -2 and -3 is -2, and the spread 2 of 2: 100 %.
  expect(table).toMatch(/ part +50  % +0 % +–/);
  expect(table).toMatch(/ value +-2  bars\/s +100 % /);
});

it.each([
  { args: ['S6'], rounds: 'many', message: "value 'many' from env 'BENCH_ROUNDS' is invalid. expected a whole number" },
  {
    args: ['S6', '--rounds', '1.5'],
    message: "option '--rounds <n>' argument '1.5' is invalid. expected a whole number",
  },
  { args: ['S77'], message: "'S77' is invalid for argument 'scenarios'. expected scenarios of S1, S2," },
])('a run with $args refuses what it cannot read, and says what it expects: $message', ({ args, rounds, message }) => {
  const env = { ...process.env, BENCH_ROUNDS: rounds };
  const { status, stderr } = spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8', env });
  expect(stderr).toContain(message);
  expect(status).toBe(1);
});
