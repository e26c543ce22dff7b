/**
 * Names at the end of a run each group of tests that was skipped for a reason that its name states: `NAME (skipped: REASON)`.
 * After all other tests it also says how to run those of the containers, or why this machine cannot.
 * Without these lines a skip is one number among thousands of results.
 */
const { writeSync } = require('node:fs');

const REASON = /\(skipped: .*\)$/;
const ALL = ['unit', 'integration', 'e2e'];

/** @returns {Promise<string[]>} a line when a run of all tests leaves out those of the containers */
async function aboutContainers(contexts) {
  const projects = new Set([...contexts].map(({ config }) => config.displayName?.name));
  if (projects.has('compose') || !ALL.every((name) => projects.has(name))) return [];
  const { canHaveEngine, ENGINE_NEEDED } = await import('../../../scripts/engine/engine.mjs');
  return [
    canHaveEngine()
      ? 'tests of the containers were not part of this run: npm run test:compose'
      : `tests of the containers cannot run here (skipped: ${ENGINE_NEEDED})`,
  ];
}

/** How often, and how long in ms, the last lines wait for a reader that is slow. */
const TRIES = 200;
const PAUSE_MS = 50;

/** Writes a line to standard error at the exit of the process, where nothing can wait for an event. */
function writeLine(line) {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      writeSync(2, `${line}\n`);
      return;
    } catch ({ code }) {
      if (code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

module.exports = class SkipReporter {
  async onRunComplete(contexts, { testResults }) {
    const titles = testResults
      .flatMap(({ testResults: tests }) => tests)
      .filter(({ status }) => status === 'pending')
      .flatMap(({ ancestorTitles }) => ancestorTitles.filter((title) => REASON.test(title)));
    const lines = [...new Set(titles), ...(await aboutContainers(contexts))];
    // At the exit, because the summary of jest comes after the reporters. With --forceExit jest closes its streams before that.
    process.once('exit', () => {
      lines.forEach(writeLine);
    });
  }
};
