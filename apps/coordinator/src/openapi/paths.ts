/**
 * Path parameters. An id or symbol that no session can have is answered like an unknown one before any server is asked.
 * So odd text (a NUL, 10,000 characters) gets no further than here.
 */
import { UnknownSessionError } from '@barkeep/bar-repository';
import { SESSION_ID_PATTERN, shown, SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';
import { CONSUMER_PATTERN } from '@barkeep/session-data';
import type { PipeTransform } from '@nestjs/common';
import { WrongFieldsError, ProblemError } from '../problems.js';

/** Accepts a text that matches. @param refusal the error of any other text */
function pipe(pattern: RegExp, refusal: (text: string) => Error): PipeTransform<string, string> {
  return {
    transform: (text) => {
      if (pattern.test(text)) return text;
      throw refusal(text);
    },
  };
}

/** A possible session id. */
export const SessionIdPipe = pipe(SESSION_ID_PATTERN, (id) => new UnknownSessionError(id.slice(0, 80)));

/** A symbol that a session may get. */
export const NewSymbolPipe = pipe(
  SYMBOL_PATTERN,
  (symbol) => new WrongFieldsError([{ field: 'symbol', expected: SYMBOL_WORDS, was: shown(symbol) }]),
);

/** A possible symbol. */
export const SymbolPipe = pipe(
  SYMBOL_PATTERN,
  (symbol) => new ProblemError('unknown-symbol', `symbol: expected ${SYMBOL_WORDS}, was ${shown(symbol)}`),
);

/** A possible name of a consumer. */
export const ConsumerPipe = pipe(
  CONSUMER_PATTERN,
  (name) => new ProblemError('unknown-consumer', `consumer: expected ${CONSUMER_PATTERN.source}, was ${shown(name)}`),
);
