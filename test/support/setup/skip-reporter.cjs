/**
 * A jest reporter. At the end of a run it prints the name of each group of tests that was skipped for a reason:
 * `NAME (skipped: REASON)`. Without these lines a skip is one number among thousands of results.
 * After a run of all other projects it also prints how to run the tests of the containers, or why they cannot run here.
 */
const { writeSync } = require('node:fs');

const REASON = /\(skipped: .*\)$/;
/** The projects of a run of all tests without the containers. */
const ALL = ['unit', 'integration', 'e2e'];
/** The last lines wait at most this many times for a slow reader, this long each time. */
const TRIES = 200;
const PAUSE_MS = 50;

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

/** Writes a line to standard error at the exit of the process, where nothing can wait for an event. */
function writeLine(line) {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      writeSync(2, `${line}\n`);
      return;
    } catch ({ code }) {
      // EAGAIN: the pipe is full. After another error, for example a closed pipe, no reader can get the line.
      if (code !== 'EAGAIN') return;
      // Sleeps without an event loop.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

module.exports = class SkipReporter {
  async onRunComplete(contexts, { testResults: files }) {
    const tests = files.flatMap(({ testResults }) => testResults);
    const skipped = tests.filter(({ status }) => status === 'pending');
    const titles = skipped.flatMap(({ ancestorTitles }) => ancestorTitles.filter((title) => REASON.test(title)));
    const lines = [...new Set(titles), ...(await aboutContainers(contexts))];
    // At the exit, because the summary of jest comes after the reporters. With --forceExit jest closes its streams before that.
    process.once('exit', () => lines.forEach(writeLine));
  }
};
