import { DataSource } from 'typeorm';
import { Repositories } from './repositories.js';

describe('Repositories', () => {
  const dataSource = new DataSource({ type: 'postgres' });
  const warnings: string[] = [];
  const own = new Map<string, unknown>([
    ['vendor', { getBars: () => [] }],
    ['odd', { answer: 42 }],
    ['empty', undefined],
  ]);
  const repositories = new Repositories(dataSource, own, (message) => warnings.push(message));

  it("finds the user's repositories by name", () => {
    expect(repositories.source('vendor')).toMatchObject({ name: 'vendor' });
  });

  it('uses any other name as a dataset in PostgreSQL, and creates its source once', () => {
    const source = repositories.source('lean');
    expect(source).toMatchObject({ name: 'lean' });
    expect(repositories.source('lean')).toBe(source);
  });

  it('warns about an entry that is no repository, and asks no other in its place', () => {
    expect(warnings).toEqual([
      expect.stringMatching(/^repository odd: expected .*; it is not used$/),
      expect.stringMatching(/^repository empty: /),
    ]);
    expect(repositories.source('odd')).toBeUndefined();
    expect(repositories.source('empty')).toBeUndefined();
  });
});
