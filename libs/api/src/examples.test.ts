/** I6 is an invariant of docs/ARCHITECTURE.md. */
import { parseSessionSpec } from '@barkeep/bars';
import * as answers from './answers/index.js';
import { problemAnswer } from './problems.js';
import * as examples from './examples.js';

describe('an example in the OpenAPI document', () => {
  it.each([
    ['session', answers.sessionAnswer, examples.sessionExample],
    ['page of sessions', answers.sessionPageAnswer, examples.sessionPageExample],
    ['bar', answers.barAnswer, examples.barExample],
    ['metrics', answers.metricsAnswer, examples.metricsExample],
    ['gap', answers.gapAnswer, examples.gapExample],
    ['certificate', answers.certificateAnswer, examples.certificateExample],
    ['digest', answers.digestAnswer, examples.digestExample],
    ['matrix of days', answers.daysAnswer, examples.daysExample],
    ['plan of upkeep', answers.upkeepPlanAnswer, examples.upkeepPlanExample],
    ['status of queues', answers.queuesAnswer, examples.queuesExample],
    ['layout', answers.layoutAnswer, examples.layoutExample],
    ['difference', answers.differenceAnswer, examples.differenceExample],
    ['fed batch', answers.fedAnswer, examples.fedExample],
    ['problem', problemAnswer, examples.problemExample],
  ])('the example of a %s has the shape of its schema', (_name, schema, example) => {
    expect(schema.parse(example)).toEqual(example);
  });

  it('the example of a spec is a valid spec', () => {
    expect(parseSessionSpec(examples.specExample).id).toBe('first-run');
  });

  it('I6 the examples count each expected slot exactly once', () => {
    for (const counts of [examples.sessionExample.counts, examples.metricsExample]) {
      const { streamed, backfilled, noTrade, unfillable, absent, missing } = counts;
      expect(streamed + backfilled + noTrade + unfillable + absent + missing).toBe(counts.expected);
    }
  });
});
