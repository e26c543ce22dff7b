/** I11 is an invariant of docs/ARCHITECTURE.md. */
import type { RepositoryLimit } from '@barkeep/session-data';
import { DataSource } from 'typeorm';
import { delayAfter, Repositories, RepositoryFailedError, RepositoryLimitError, retryDelayMs } from './repositories.js';

const dataSource = new DataSource({ type: 'postgres' });

/** Repositories with these entries of the user's module, and what they report. */
function repositoriesOf(own: Record<string, unknown>) {
  const warnings: string[] = [];
  const limits = new Map<string, unknown>();
  const pauses: number[] = []; // ms
  const limitOf = (name: string, limit: unknown): RepositoryLimit => {
    limits.set(name, limit);
    const take = () => Promise.resolve(() => undefined);
    return { take, rest: (ms: number) => Promise.resolve(void pauses.push(ms)) } as unknown as RepositoryLimit;
  };
  const observed: unknown[] = [];
  const repositories = new Repositories(dataSource, {
    own: new Map(Object.entries(own)),
    limitOf,
    // The time varies, so only that it was measured is kept.
    observe: (name, tookMs, error) => observed.push([name, tookMs >= 0, error]),
    warn: (message) => warnings.push(message),
  });
  return { repositories, warnings, limits, observed, pauses };
}

describe('Repositories', () => {
  it("finds the user's repositories by name", () => {
    const { repositories } = repositoriesOf({ vendor: { getBars: () => [] } });
    expect(repositories.get('vendor')).toMatchObject({ source: { name: 'vendor' }, isOwn: true });
  });

  it('uses any other name as a dataset in PostgreSQL, and creates its source once', () => {
    const { repositories } = repositoriesOf({});
    const dataset = repositories.get('lean');
    expect(dataset).toMatchObject({ source: { name: 'lean' }, isOwn: false });
    expect(repositories.get('lean')).toBe(dataset);
  });

  it('warns about an entry that is no repository, and uses no dataset in its place', () => {
    const { repositories, warnings } = repositoriesOf({ odd: { answer: 42 }, empty: undefined });
    expect(warnings).toEqual([
      expect.stringMatching(/^repository odd: expected .*; it is not used$/),
      expect.stringMatching(/^repository empty: /),
    ]);
    expect(repositories.get('odd')).toBeUndefined();
    expect(repositories.get('empty')).toBeUndefined();
  });

  it('accepts a limit next to the repository, or as its property', () => {
    const getBars = () => [];
    const limit = { max: 5, durationMs: 1_000, concurrency: 2 };
    const { repositories, limits } = repositoriesOf({
      beside: { repository: { getBars }, limit },
      property: { getBars, limit: { concurrency: 1 } },
      function: Object.assign(() => undefined, { getBars, limit: { concurrency: 3 } }),
      none: { getBars },
    });
    expect(Object.fromEntries(limits)).toEqual({
      beside: limit,
      property: { concurrency: 1 },
      function: { concurrency: 3 },
      none: {},
    });
    expect(repositories.get('beside')?.source.name).toBe('beside');
  });

  it.each([
    [7, /^repository vendor: limit: expected an object, was 7$/],
    [{ max: 0, durationMs: 1 }, /limit\.max: expected a whole number of at least 1, was 0$/],
    [{ max: 1 }, /limit: expected max and durationMs together/],
    [{ rate: 1 }, /limit\.rate: expected one of max, durationMs, concurrency, was 1$/],
  ])('refuses the limit %j', (limit, message) => {
    const refused = () => repositoriesOf({ vendor: { getBars: () => [], limit } });
    expect(refused).toThrow(RepositoryLimitError);
    expect(refused).toThrow(message);
  });

  it('pauses a repository for as long as its error says, and reports each request', async () => {
    const { repositories, observed, pauses } = repositoriesOf({ vendor: { getBars: () => [] } });
    const busy = Object.assign(new Error('429'), { retryAfterMs: 1_500 });
    const permit = repositories.get('vendor')!.permitFor('one');
    const reportFirst = await permit(undefined);
    reportFirst(busy);
    const reportSecond = await permit(undefined);
    reportSecond();
    expect(pauses).toEqual([1_500]);
    expect(observed).toEqual([
      ['vendor', true, busy],
      ['vendor', true, undefined],
    ]);
  });
});

describe('the delay before the next attempt', () => {
  const outage = Object.assign(new Error('no route'), { code: 'ECONNREFUSED' });
  const [manyAttempts, backoffMs] = [30, 1_000];

  it('doubles with each attempt after an error, up to a minute', () => {
    expect(delayAfter(new Error('x'), 1, backoffMs)).toBeLessThanOrEqual(backoffMs);
    expect(delayAfter(new Error('x'), manyAttempts, backoffMs)).toBeGreaterThanOrEqual(30_000); // a random part is subtracted
  });

  it('is the delay in the error when a repository failed', () => {
    const retryInMs = 7;
    const failure = new RepositoryFailedError('vendor', {}, retryInMs, outage);
    expect(delayAfter(failure, manyAttempts, backoffMs)).toBe(retryInMs);
  });

  it('I11 stays short after an outage of a server, however long that was', () => {
    const maxMs = 5_000;
    expect(delayAfter(outage, manyAttempts, backoffMs)).toBeLessThanOrEqual(maxMs);
    expect(retryDelayMs(manyAttempts, backoffMs, maxMs)).toBeLessThanOrEqual(maxMs);
  });
});
