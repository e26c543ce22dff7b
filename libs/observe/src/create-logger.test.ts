import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { loggerTo, readable } from './create-logger.js';

describe('the log', () => {
  it('has JSON lines without secrets, from its level on', () => {
    const lines: string[] = [];
    const logger = loggerTo({ write: (line) => void lines.push(line) }, 'coordinator', { level: 'info' });
    logger.info({ headers: { authorization: 'Bearer secret', accept: 'a' } }, 'hello');
    logger.debug('below the level');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        name: 'coordinator',
        msg: 'hello',
        headers: { authorization: '[Redacted]', accept: 'a' },
      }),
    ]);
  });

  it('is text for people on a terminal', async () => {
    const terminal = new PassThrough();
    const logger = loggerTo(await readable(terminal), 'coordinator', { level: 'info' });
    logger.info({ url: 'http://127.0.0.1:3000' }, 'listening');
    const [text] = (await once(terminal, 'data')) as [Buffer];
    expect(String(text)).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\].*INFO.*coordinator.*listening/);
  });
});
