import { parseConsumerMessage } from './consumers.js';

describe('news of consumers', () => {
  it('says how far the slowest is, and how often somebody joined', () => {
    expect(parseConsumerMessage('1381152660000 2')).toEqual({ slowest: 1_381_152_660_000, joins: 2 });
  });

  it('may say nothing but that there is some', () => {
    expect(parseConsumerMessage('')).toBeUndefined();
  });
});
