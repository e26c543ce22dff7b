import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger as NestLogger, LoggerModule } from 'nestjs-pino';
import { loggerTo } from '@barkeep/observe';
import { accessLog } from './access-log.js';
import { ProblemFilter } from './problem-filter.js';

const logLines: string[] = [];
const logger = loggerTo({ write: (line) => void logLines.push(line) }, 'coordinator', { level: 'info' });

@Controller()
class FaultyController {
  @Get('fault')
  fault(): never {
    throw new TypeError('cannot read secret of undefined');
  }

  @Get('outage')
  outage(): never {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
  }
}

@Module({
  imports: [LoggerModule.forRoot({ pinoHttp: { logger }, useExisting: true, forRoutes: ['{*path}'] })],
  controllers: [FaultyController],
  providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
})
class FaultyModule {}

describe('ProblemFilter', () => {
  let app: NestExpressApplication;
  let url: string;

  beforeAll(async () => {
    app = await NestFactory.create<NestExpressApplication>(FaultyModule, { bufferLogs: true });
    app.useLogger(app.get(NestLogger));
    app.use(accessLog(logger));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  it('answers a fault of the service with a 500 without details, and logs it with its stack and request', async () => {
    const response = await fetch(`${url}/fault`, { headers: { 'X-Request-Id': 'r-1' } });
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({ instance: '/fault', requestId: 'r-1' });
    const logged = logLines.find((line) => line.includes('a request failed'));
    expect(logged).toContain('cannot read secret of undefined');
    expect(logged).toContain('problem-filter.test');
    expect(logged).toContain('"id":"r-1"');
  });

  it('answers an outage with 503 and Retry-After, and logs the address that the answer hides', async () => {
    const response = await fetch(`${url}/outage?key=1`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    const text = await response.text();
    expect(text).not.toContain('10.0.0.7');
    expect(JSON.parse(text)).toMatchObject({ instance: '/outage' });
    expect(logLines.join('')).toContain('10.0.0.7');
  });
});
