import { BadRequestException, NotFoundException } from '@nestjs/common';
import {
  CursorError,
  DeploymentConflictError,
  SpecConflictError,
  UnknownSessionError,
  SessionStateError,
} from '@barkeep/bar-repository';
import { SessionSpecError } from '@barkeep/bars';
import {
  SessionLostError,
  UnknownConsumerError,
  UnknownIntervalError,
  UnknownSymbolError,
} from '@barkeep/session-data';
import { problemOf, WrongFieldsError } from './problems.js';

const problems = [{ field: 'end', expected: 'a date', was: '5' }];

describe('problemOf', () => {
  it.each([
    [new SessionSpecError(problems), 400, 'invalid-input'],
    [new WrongFieldsError(problems), 400, 'invalid-input'],
    [new UnknownIntervalError('s', '7m', ['1m', '5m']), 400, 'invalid-input'],
    [new CursorError('x'), 400, 'invalid-input'],
    [new UnknownSessionError('s'), 404, 'unknown-session'],
    [new UnknownSymbolError('s', 'IBM'), 404, 'unknown-symbol'],
    [new UnknownConsumerError('s', 'one'), 404, 'unknown-consumer'],
    [new NotFoundException('Cannot GET /x'), 404, 'unknown-route'],
    [new BadRequestException('malformed'), 400, 'bad-request'],
    [new SpecConflictError('s', 'id'), 409, 'session-conflict'],
    [new DeploymentConflictError('s', 'id', 'theirs'), 409, 'session-conflict'],
    [new SessionStateError('s', ['running'], 'stopped'), 409, 'wrong-state'],
    [new SessionLostError('s'), 409, 'session-lost'],
    [new Error('WRONGTYPE Operation against a key holding the wrong kind of value'), 409, 'session-lost'],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 503, 'unavailable'],
    [new Error('x'), 500, 'internal-error'],
    ['not even an error', 500, 'internal-error'],
  ])('answers %p with %i %s', (error, status, kind) => {
    const problem = problemOf(error);
    expect(problem).toMatchObject({ status, type: `urn:barkeep:problem:${kind}` });
    expect(problem.title).not.toBe('');
  });

  it('names the field, what was expected and what came', () => {
    expect(problemOf(new SessionSpecError(problems))).toMatchObject({
      detail: 'end: expected a date, was 5',
      problems,
    });
    expect(problemOf(new UnknownIntervalError('s', '7m', ['1m', '5m'])).problems).toEqual([
      { field: 'interval', expected: 'one of 1m, 5m', was: '"7m"' },
    ]);
  });

  it('shows no internal details in a 500 or a 503', () => {
    const secret = 'postgres://user:secret@db/x';
    for (const error of [new Error(secret), Object.assign(new Error(secret), { code: 'ECONNREFUSED' })]) {
      expect(JSON.stringify(problemOf(error))).not.toContain('secret');
    }
  });
});
