/** `/v1/sessions/{id}/consumers/{consumer}`: an operator can remove a consumer that holds a session. */
import { Delete, Inject, Param } from '@nestjs/common';
import { ApiController, ConsumerPipe, Operation, SessionIdPipe } from '../openapi/index.js';
import { SessionService } from '../lifecycle/index.js';

@ApiController('v1/sessions/:id/consumers/:consumer', 'sessions')
export class ConsumersController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

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
