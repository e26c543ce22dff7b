/** `/v1/sessions/{id}/symbols/{symbol}` and `…/consumers/{consumer}`: adds and removes symbols, and removes consumers. */
import type { SymbolAnswer } from '@barkeep/api';
import { Inject } from '@nestjs/common';
import { ApiController, type Call, Called, NEW_SYMBOL, Operation } from '../openapi/index.js';
import { SessionService } from '../lifecycle/index.js';

const changeProblems = ['symbol-count', 'symbols-changing', 'fed-symbols'] as const;
const example: SymbolAnswer = { id: 'first-run', symbol: 'EMBER', state: 'joining' };
const presentExample: SymbolAnswer = { ...example, state: 'present' };

@ApiController('sessions')
export class MembersController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Operation('POST', 'v1/sessions/:id/symbols/:symbol', {
    summary: 'Adds a symbol to a session',
    description:
      'While the session runs, its clock is held until the symbol is streamed, repaired and derived up to it; readers get 404 for the ' +
      'symbol until then. Every bar of a symbol that no dataset knows is missing. Safe to repeat: a symbol of the session is ' +
      'left unchanged.',
    answer: { status: 202, description: 'the symbol is joining', component: 'Symbol', example },
    otherAnswer: { description: 'the session has the symbol', component: 'Symbol', example: presentExample },
    problems: ['wrong-state', ...changeProblems],
  })
  async addSymbol(@Called(NEW_SYMBOL) { id, symbol, response }: Call): Promise<SymbolAnswer> {
    const state = await this.sessions.changes.add(id, symbol);
    response.status(state === 'joining' ? 202 : 200);
    return { id, symbol, state };
  }

  @Operation('DELETE', 'v1/sessions/:id/symbols/:symbol', {
    summary: 'Removes a symbol and all its data',
    description: 'Running work for the symbol ends and writes nothing more. The last symbol cannot be removed.',
    answer: { status: 204, description: 'removed' },
    otherAnswer: {
      status: 202,
      description: 'the symbol is removed; its data follow later (a server is down, or the store is broken)',
    },
    problems: [...changeProblems, 'unknown-symbol'],
  })
  async removeSymbol(@Called() { id, symbol, response }: Call) {
    const isDone = await this.sessions.changes.remove(id, symbol);
    response.status(isDone ? 204 : 202);
  }

  @Operation('DELETE', 'v1/sessions/:id/consumers/:consumer', {
    summary: 'Removes a consumer and its position',
    description: 'It no longer holds the clock, and its next call is refused. It may join again, as a new consumer.',
    answer: { status: 204, description: 'removed' },
    problems: ['unknown-consumer', 'session-lost', 'unknown-calendar'],
  })
  removeConsumer(@Called() { id, consumer }: Call) {
    return this.sessions.removeConsumer(id, consumer);
  }
}
