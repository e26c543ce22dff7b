/** `/v1/sessions/{id}/symbols/{symbol}`: symbols that come to a session and leave it, also while it runs. */
import { Controller, Delete, Inject, Param, Post, Res, UseGuards } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { NewSymbolPipe, Operation, QueryGuard, SessionIdPipe, SymbolPipe, type SymbolView } from '../openapi/index.js';
import { SessionLifecycle } from '../lifecycle/index.js';

const params = { id: 'lean-october', symbol: 'IBM' };
const example: SymbolView = { ...params, state: 'joining' };

@ApiTags('sessions')
@ApiSecurity('bearer')
@ApiSecurity('apiKey')
@UseGuards(QueryGuard)
@Controller('v1/sessions/:id/symbols/:symbol')
export class SymbolsController {
  constructor(@Inject(SessionLifecycle) private readonly sessions: SessionLifecycle) {}

  @Post()
  @Operation({
    summary: 'Adds a symbol to a session',
    description:
      'While the session runs its clock is held, and never goes back, until the symbol is streamed, repaired and derived up to it; ' +
      'readers get 404 for it until then. A symbol that the datasets do not know is one of which every bar is missing. ' +
      'Safe to repeat: a symbol that is there is left as it is.',
    params,
    answers: [
      { status: 202, description: 'it is joining', component: 'Symbol', example },
      { status: 200, description: 'it is there', component: 'Symbol', example: { ...example, state: 'present' } },
    ],
    problems: [
      'invalid-input',
      'unknown-session',
      'wrong-state',
      'symbol-count',
      'symbols-changing',
      'fed-symbols',
      'unavailable',
    ],
  })
  async add(
    @Param('id', SessionIdPipe) id: string,
    @Param('symbol', NewSymbolPipe) symbol: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SymbolView> {
    const state = await this.sessions.addSymbol(id, symbol);
    response.status(state === 'joining' ? 202 : 200);
    return { id, symbol, state };
  }

  @Delete()
  @Operation({
    summary: 'Removes a symbol and everything of it',
    description:
      'Whatever is under way for it ends quietly and writes nothing any more. The last symbol cannot be removed.',
    params,
    answers: [{ status: 204, description: 'removed' }],
    problems: ['unknown-session', 'unknown-symbol', 'symbol-count', 'symbols-changing', 'fed-symbols', 'unavailable'],
  })
  remove(@Param('id', SessionIdPipe) id: string, @Param('symbol', SymbolPipe) symbol: string): Promise<void> {
    return this.sessions.removeSymbol(id, symbol);
  }
}
