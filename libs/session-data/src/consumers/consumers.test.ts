import { parseConsumerMessage } from './consumers.js';

describe('a consumer message', () => {
  it('has the position of the slowest consumer and the number of joins', () => {
    expect(parseConsumerMessage('1381152660000 2')).toEqual({ slowest: 1_381_152_660_000, joins: 2 });
  });

  it('is undefined when it has neither of the two', () => {
    expect(parseConsumerMessage('')).toBeUndefined();
  });
});
