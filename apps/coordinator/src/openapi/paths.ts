/**
 * Path parameters. An id or symbol that no session can have is answered like an unknown one before any server is asked.
 * So odd text (a NUL, 10,000 characters) gets no further than here.
 */
import { UnknownSessionError } from '@barkeep/bar-repository';
import { SESSION_ID_PATTERN, shown, SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';
import { CONSUMER_PATTERN } from '@barkeep/session-data';
import type { PipeTransform } from '@nestjs/common';
import { WrongFieldsError, ProblemError } from '../problems/index.js';

/** Accepts a possible session id. @throws UnknownSessionError */
export class SessionIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (SESSION_ID_PATTERN.test(id)) return id;
    throw new UnknownSessionError(id.slice(0, 80));
  }
}

/** Accepts a symbol that a session may get. @throws WrongFieldsError */
export class NewSymbolPipe implements PipeTransform<string, string> {
  transform(symbol: string): string {
    if (SYMBOL_PATTERN.test(symbol)) return symbol;
    throw new WrongFieldsError([{ field: 'symbol', expected: SYMBOL_WORDS, was: shown(symbol) }]);
  }
}

/** Accepts a possible name of a consumer. @throws ProblemError `unknown-consumer` */
export class ConsumerPipe implements PipeTransform<string, string> {
  transform(name: string): string {
    if (CONSUMER_PATTERN.test(name)) return name;
    throw new ProblemError('unknown-consumer', `consumer: expected ${CONSUMER_PATTERN.source}, was ${shown(name)}`);
  }
}

/** Accepts a possible symbol. @throws ProblemError `unknown-symbol` */
export class SymbolPipe implements PipeTransform<string, string> {
  transform(symbol: string): string {
    if (SYMBOL_PATTERN.test(symbol)) return symbol;
    throw new ProblemError('unknown-symbol', `symbol: expected ${SYMBOL_WORDS}, was ${shown(symbol)}`);
  }
}
