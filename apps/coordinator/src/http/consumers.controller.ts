/** `/v1/sessions/{id}/consumers/{consumer}`: an operator can remove a consumer that holds a session. */
import { Controller, Delete, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import { ConsumerPipe, Operation, QueryGuard, SessionIdPipe } from '../openapi/index.js';
import { SessionLifecycle } from '../lifecycle/index.js';

@ApiTags('sessions')
@ApiSecurity('bearer')
@ApiSecurity('apiKey')
@UseGuards(QueryGuard)
@Controller('v1/sessions/:id/consumers/:consumer')
export class ConsumersController {
  constructor(@Inject(SessionLifecycle) private readonly sessions: SessionLifecycle) {}

  @Delete()
  @Operation({
    summary: 'Removes a consumer and its position',
    description: 'It no longer holds the clock, and its next call is refused. It may join again, as a new consumer.',
    params: { id: 'first-run', consumer: 'strategy-1' },
    answers: [{ status: 204, description: 'removed' }],
    problems: ['unknown-session', 'unknown-consumer', 'session-lost', 'unknown-calendar', 'unavailable'],
  })
  removeConsumer(
    @Param('id', SessionIdPipe) id: string,
    @Param('consumer', ConsumerPipe) consumer: string,
  ): Promise<void> {
    return this.sessions.removeConsumer(id, consumer);
  }
}
