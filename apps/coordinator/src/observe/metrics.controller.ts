/** `/metrics`: what Prometheus scrapes. */
import { Metrics } from '@barkeep/observe';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Operation } from '../openapi/index.js';

@ApiTags('operation')
@ApiSecurity('bearer')
@ApiSecurity('apiKey')
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Get()
  @Operation({
    summary: 'Metrics of this process in the Prometheus text format, for operators',
    problems: ['forbidden'],
    answers: [
      {
        status: 200,
        description: 'the metrics',
        schema: { type: 'string' },
        mediaType: 'text/plain',
        example: 'barkeep_http_request_seconds_count{method="GET",route="/v1/sessions/:id",status="200"} 12',
      },
    ],
  })
  async scrape(@Res() response: Response): Promise<void> {
    const text = await this.metrics.registry.metrics();
    response.setHeader('Content-Type', this.metrics.registry.contentType);
    response.end(text);
  }
}
