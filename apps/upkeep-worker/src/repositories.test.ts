import { DataSource } from 'typeorm';
import { Repositories } from './repositories.js';

describe('the repositories that backfill asks', () => {
  const dataSource = new DataSource({ type: 'postgres' });
  const warnings: string[] = [];
  const own = new Map<string, unknown>([
    ['vendor', { getBars: () => [] }],
    ['odd', { answer: 42 }],
    ['nothing', undefined],
  ]);
  const repositories = new Repositories(dataSource, own, (message) => warnings.push(message));

  it("finds the user's own by name", () => {
    expect(repositories.source('vendor')).toMatchObject({ name: 'vendor' });
  });

  it('takes any other name for a dataset in Postgres, each made once', () => {
    const source = repositories.source('lean');
    expect(source).toMatchObject({ name: 'lean' });
    expect(repositories.source('lean')).toBe(source);
  });

  it('warns of one that is no repository, and asks nobody in its place', () => {
    expect(warnings).toEqual([
      expect.stringMatching(/^repository odd: expected .*; it is not used$/),
      expect.stringMatching(/^repository nothing: /),
    ]);
    expect(repositories.source('odd')).toBeUndefined();
    expect(repositories.source('nothing')).toBeUndefined();
  });
});
