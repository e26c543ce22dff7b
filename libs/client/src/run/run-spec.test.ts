import { planRun, REPOSITORY_NAME, RunOptionsError } from './run-spec.js';

const SPEC = { symbols: ['AAA'], start: '2024-03-04', end: '2024-03-04' };
const DATASET = { type: 'dataset', dataset: 'lean' } as const;
/** Which options are given beside the spec. */
const BARS = { bars: true, repository: false };
const BARS_AND_REPOSITORY = { bars: true, repository: true };
const ONLY_REPOSITORY = { bars: false, repository: true };
const NEITHER = { bars: false, repository: false };

describe('the plan of a run', () => {
  it('is a session in lockstep with a feed as its source when bars are given', () => {
    const { spec, needsDatasets } = planRun(SPEC, BARS);
    expect(spec).toMatchObject({ source: { type: 'feed' }, pace: { mode: 'lockstep' }, backfill: [] });
    expect(spec.id).toMatch(/^run-[0-9a-f]{12}$/);
    expect(needsDatasets).toBe(false);
  });

  it('waits a day for the next bar of a feed, unless the spec names another time', () => {
    expect(planRun(SPEC, BARS).spec.feed).toEqual({ timeoutSeconds: 86_400 });
    expect(planRun({ ...SPEC, feed: { timeoutSeconds: 5 } }, BARS).spec.feed).toEqual({ timeoutSeconds: 5 });
    expect(planRun({ ...SPEC, source: DATASET }, NEITHER).spec.feed).toBeUndefined();
  });

  it('keeps the values of the spec', () => {
    const own = { id: 'mine', pace: { mode: 'max' }, source: { type: 'feed', latenessSeconds: 60 } } as const;
    expect(planRun({ ...SPEC, ...own }, BARS).spec).toMatchObject(own);
  });

  it('needs the project’s datasets when the source or a backfill names one', () => {
    expect(planRun({ ...SPEC, source: DATASET }, NEITHER).needsDatasets).toBe(true);
    expect(planRun({ ...SPEC, backfill: ['lean'] }, BARS).needsDatasets).toBe(true);
    expect(planRun({ ...SPEC, backfill: [REPOSITORY_NAME, 'lean'] }, BARS_AND_REPOSITORY).needsDatasets).toBe(true);
  });

  it.each([
    { backfill: undefined, repositoryNames: [REPOSITORY_NAME], planned: [REPOSITORY_NAME] },
    { backfill: ['whole'], repositoryNames: ['whole'], planned: ['whole'] },
    { backfill: ['lean', REPOSITORY_NAME], repositoryNames: [REPOSITORY_NAME], planned: ['lean', REPOSITORY_NAME] },
  ])(
    'with the backfill $backfill asks a given repository by $repositoryNames',
    ({ backfill, repositoryNames, planned }) => {
      const plan = planRun({ ...SPEC, ...(backfill && { backfill }) }, BARS_AND_REPOSITORY);
      expect(plan.repositoryNames).toEqual(repositoryNames);
      expect(plan.spec.backfill).toEqual(planned);
    },
  );

  it('refuses bars together with a dataset as the source', () => {
    expect(() => planRun({ ...SPEC, source: DATASET }, BARS_AND_REPOSITORY)).toThrow(RunOptionsError);
  });

  it('refuses a run without a source', () => {
    expect(() => planRun(SPEC, ONLY_REPOSITORY)).toThrow('was neither');
  });
});
