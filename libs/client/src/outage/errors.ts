/**
 * What can go wrong between a program and Barkeep, one class a cause. Errors of reading a session's store
 * (`SessionLostError`, `UnknownSymbolError` …) come from the store itself and are exported beside these.
 */

/** Neither the options nor the environment say where a coordinator is, and none runs on this machine. */
export class NoCoordinatorError extends Error {
  override readonly name = 'NoCoordinatorError';
  constructor(dataDir: string) {
    super(
      `expected the address of a coordinator (the option "coordinator", or BARKEEP_URL) or a running "barkeep up" in ${dataDir}, was neither`,
    );
  }
}

/** The address of a coordinator is none. */
export class CoordinatorAddressError extends Error {
  override readonly name = 'CoordinatorAddressError';
  constructor(
    /** What was given. */
    readonly address: string,
  ) {
    super(`expected the coordinator's address such as http://127.0.0.1:3000, was "${address}"`);
  }
}

/** Neither the options nor the environment say where the session Redis is: sessions can be steered, and not be read. */
export class NoSessionRedisError extends Error {
  override readonly name = 'NoSessionRedisError';
  constructor() {
    super('expected the session Redis (the option "redis", or SESSION_REDIS_URL), was not set');
  }
}

/** No coordinator answered for as long as one is waited for; `cause` is what the last attempt failed with. */
export class CoordinatorUnreachableError extends Error {
  override readonly name = 'CoordinatorUnreachableError';
  constructor(
    /** Address of the coordinator. */
    readonly url: string,
    cause: Error,
  ) {
    const reason = cause.cause instanceof Error ? cause.cause.message || cause.cause.name : cause.message;
    super(`expected a coordinator at ${url}, was: ${reason}`, { cause });
  }
}

/** What answers at the coordinator's address is no coordinator, or one that this version does not understand. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
}

/** The client was closed while, or before, something was asked of it. */
export class ClientClosedError extends Error {
  override readonly name = 'ClientClosedError';
  constructor() {
    super('expected an open client, was closed');
  }
}

/** A session did not begin in the time that was given to it: nobody started it, or no coordinator took it. */
export class NotBegunError extends Error {
  override readonly name = 'NotBegunError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    /** The state it was in. */
    readonly state: string,
    waitedMs: number,
  ) {
    super(`expected session ${sessionId} to begin within ${waitedMs / 1000} s, was ${state}`);
  }
}
