/**
 * Who reads a session. A strategy's answers depend on nothing after the clock (I2). An operator's show everything that is
 * stored, up to the frontier.
 */
export type View = 'strategy' | 'operator';
