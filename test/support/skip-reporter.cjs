/**
 * Names at the end of a run each group of tests that was skipped for a reason that its name states: `NAME (skipped: REASON)`.
 * Without this line a skip is one number among thousands of results.
 */
const REASON = /\(skipped: .*\)$/;

module.exports = class SkipReporter {
  onRunComplete(_contexts, { testResults }) {
    const titles = testResults
      .flatMap(({ testResults: tests }) => tests)
      .filter(({ status }) => status === 'pending')
      .flatMap(({ ancestorTitles }) => ancestorTitles.filter((title) => REASON.test(title)));
    // At the exit: the summary of jest comes after the reporters.
    process.once('exit', () => {
      for (const title of new Set(titles)) process.stderr.write(`${title}\n`);
    });
  }
};
