import { planRun, REPOSITORY_NAME, RunOptionsError } from './run-spec.js';

const SPEC = { symbols: ['AAA'], start: '2024-03-04', end: '2024-03-04' };
const DATASET = { type: 'dataset', dataset: 'lean' } as const;
const BARS_AND_REPOSITORY = { bars: true, repository: true };

describe('the plan of a run', () => {
  it('is a session in lockstep with a feed as its source when bars are given', () => {
    const { spec, needsDatasets } = planRun(SPEC, { bars: true, repository: false });
    expect(spec).toMatchObject({ source: { type: 'feed' }, pace: { mode: 'lockstep' }, backfill: [] });
    expect(spec.id).toMatch(/^run-[0-9a-f]{12}$/);
    expect(needsDatasets).toBe(false);
  });

  it('keeps the values of the spec', () => {
    const own = { id: 'mine', pace: { mode: 'max' }, source: { type: 'feed', latenessSeconds: 60 } } as const;
    expect(planRun({ ...SPEC, ...own }, { bars: true, repository: false }).spec).toMatchObject(own);
  });

  it('needs the project’s datasets when the source or a backfill names one', () => {
    expect(planRun({ ...SPEC, source: DATASET }, { bars: false, repository: false }).needsDatasets).toBe(true);
    expect(planRun({ ...SPEC, backfill: ['lean'] }, { bars: true, repository: false }).needsDatasets).toBe(true);
    expect(planRun({ ...SPEC, backfill: [REPOSITORY_NAME, 'lean'] }, BARS_AND_REPOSITORY).needsDatasets).toBe(true);
  });

  // The spec's backfill; the names that stand for the given repository; the backfill of the plan.
  it.each([
    [undefined, [REPOSITORY_NAME], [REPOSITORY_NAME]],
    [['whole'], ['whole'], ['whole']],
    [['lean', REPOSITORY_NAME], [REPOSITORY_NAME], ['lean', REPOSITORY_NAME]],
  ])('with a repository and the backfill %j asks the repository by the names %j', (backfill, names, planned) => {
    const plan = planRun({ ...SPEC, ...(backfill && { backfill }) }, BARS_AND_REPOSITORY);
    expect(plan.repositoryNames).toEqual(names);
    expect(plan.spec.backfill).toEqual(planned);
  });

  it('refuses bars together with a dataset as the source', () => {
    expect(() => planRun({ ...SPEC, source: DATASET }, BARS_AND_REPOSITORY)).toThrow(RunOptionsError);
  });

  it('refuses a run without a source', () => {
    expect(() => planRun(SPEC, { bars: false, repository: true })).toThrow('was neither');
  });
});
