/**
 * Path parameters. An id or symbol that no session can have is answered like an unknown one before any server is asked.
 * So odd text (a NUL, 10,000 characters) gets no further than here.
 */
import { UnknownSessionError } from '@barkeep/bar-repository';
import { SESSION_ID_PATTERN, shown, SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';
import { CONSUMER_PATTERN } from '@barkeep/session-data';
import { Param } from '@nestjs/common';
import { WrongFieldsError, ProblemError } from '../problems.js';

/** A path parameter as a decorator of an argument. @param refusal the error of a text that does not match */
function pathParameter(name: string, pattern: RegExp, refusal: (text: string) => Error): () => ParameterDecorator {
  const transform = (text: string) => {
    if (pattern.test(text)) return text;
    throw refusal(text);
  };
  return () => Param(name, { transform });
}

export const SessionId = pathParameter('id', SESSION_ID_PATTERN, (id) => new UnknownSessionError(id.slice(0, 80)));

/** A symbol that a session may get. */
export const NewSymbolName = pathParameter(
  'symbol',
  SYMBOL_PATTERN,
  (symbol) => new WrongFieldsError([{ field: 'symbol', expected: SYMBOL_WORDS, was: shown(symbol) }]),
);

export const SymbolName = pathParameter(
  'symbol',
  SYMBOL_PATTERN,
  (symbol) => new ProblemError('unknown-symbol', `symbol: expected ${SYMBOL_WORDS}, was ${shown(symbol)}`),
);

export const ConsumerName = pathParameter(
  'consumer',
  CONSUMER_PATTERN,
  (name) => new ProblemError('unknown-consumer', `consumer: expected ${CONSUMER_PATTERN.source}, was ${shown(name)}`),
);
