/**
 * Path parameters. An id or symbol that can be nobody's is answered like one that nobody has, before any server is asked;
 * so nothing odd (a NUL, 10,000 characters) gets further than here.
 */
import { SessionNotFoundError } from '@barkeep/bar-repository';
import { SESSION_ID_PATTERN, shown, SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';
import { CONSUMER_PATTERN } from '@barkeep/session-data';
import type { PipeTransform } from '@nestjs/common';
import { InvalidInputError, ProblemError } from '../problems/index.js';

/** Lets through what can be a session's id. @throws SessionNotFoundError */
export class SessionIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (SESSION_ID_PATTERN.test(id)) return id;
    throw new SessionNotFoundError(id.slice(0, 80));
  }
}

/** Lets through what can become a symbol of a session. @throws InvalidInputError */
export class NewSymbolPipe implements PipeTransform<string, string> {
  transform(symbol: string): string {
    if (SYMBOL_PATTERN.test(symbol)) return symbol;
    throw new InvalidInputError([{ field: 'symbol', expected: SYMBOL_WORDS, was: shown(symbol) }]);
  }
}

/** Lets through what can be a consumer's name. @throws ProblemError `unknown-consumer` */
export class ConsumerPipe implements PipeTransform<string, string> {
  transform(name: string): string {
    if (CONSUMER_PATTERN.test(name)) return name;
    throw new ProblemError('unknown-consumer', `consumer: expected ${CONSUMER_PATTERN.source}, was ${shown(name)}`);
  }
}

/** Lets through what can be a symbol. @throws ProblemError `unknown-symbol` */
export class SymbolPipe implements PipeTransform<string, string> {
  transform(symbol: string): string {
    if (SYMBOL_PATTERN.test(symbol)) return symbol;
    throw new ProblemError('unknown-symbol', `symbol: expected ${SYMBOL_WORDS}, was ${shown(symbol)}`);
  }
}
