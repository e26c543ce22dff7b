/** Errors of the HTTP side that already have their problem document. Other errors become one in ./problem-of.ts. */
import { problem, type Problem, type ProblemExtra, type ProblemKind, summary } from '@barkeep/api';
import type { FieldProblem } from '@barkeep/bars';

/** An error of the HTTP side with its problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(kind: ProblemKind, detail: string, extra: ProblemExtra = {}) {
    super(detail);
    this.problem = problem(kind, detail, extra);
  }
}

/** Some fields of a request are wrong; answered with 400. */
export class WrongFieldsError extends ProblemError {
  constructor(readonly problems: readonly FieldProblem[]) {
    super('invalid-input', summary(problems), { problems });
  }
}
