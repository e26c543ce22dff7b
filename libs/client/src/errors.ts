/**
 * Errors of the client library, one class per cause. The session-data library has the errors of reading a session's store
 * (`SessionLostError`, `UnknownSymbolError` …), and http/errors.ts those that the coordinator answers.
 */
import { shown } from '@barkeep/bars';
import { errorText, tlsProblem } from '@barkeep/service';
import type { Redis } from 'ioredis';

/** Neither the options nor the environment name a coordinator, and no `barkeep up` runs in this project. */
export class NoCoordinatorError extends Error {
  override readonly name = 'NoCoordinatorError';
  constructor(dataDir: string) {
    super(
      `expected the address of a coordinator or a running "barkeep up" in ${dataDir}, was neither: set the option "coordinator" or BARKEEP_URL`,
    );
  }
}

/** The address of the coordinator is not an http or https URL, or has a part that it cannot have. */
export class CoordinatorAddressError extends Error {
  override readonly name = 'CoordinatorAddressError';
  /** What was given, without user and password. */
  readonly address: string;
  constructor(address: string) {
    const withoutLogin = address.replace(/^(\w+:\/\/)?.*@/s, '$1…@'); // up to the last @, as a password may have slashes
    super(
      `expected the coordinator's address such as http://127.0.0.1:3000, without user, password, query or fragment, was "${withoutLogin}"`,
    );
    this.address = withoutLogin;
  }
}

/** The API key has a character that no HTTP header can have, such as a line break. */
export class ApiKeyError extends Error {
  override readonly name = 'ApiKeyError';
  constructor() {
    super(
      'apiKey: expected a key that an HTTP header can have, was one with a line break or another forbidden character (the option "apiKey", BARKEEP_API_KEY or BARKEEP_API_KEYS)',
    );
  }
}

/** Neither the options nor the environment name the session Redis: sessions can be started and stopped, but not read. */
export class NoSessionRedisError extends Error {
  override readonly name = 'NoSessionRedisError';
  constructor() {
    super('expected the address of the session Redis, was not set: set the option "redis" or SESSION_REDIS_URL');
  }
}

/** No coordinator answered within the retry time, or its TLS is wrong; `cause` is the error of the last attempt. */
export class CoordinatorUnreachableError extends Error {
  override readonly name = 'CoordinatorUnreachableError';
  constructor(
    /** Address of the coordinator. */
    readonly url: string,
    cause: Error,
  ) {
    const failure = cause.cause ?? cause; // `fetch` fails with a general error, whose own cause is the network error
    super(`expected a coordinator at ${url}, was: ${tlsProblem(failure) ?? errorText(failure)}`, { cause });
  }
}

/** An export broke off before its end; `cause` is the error that ended it. */
export class ExportBrokenError extends Error {
  override readonly name = 'ExportBrokenError';
  constructor(
    /** Id of the session. */
    readonly session: string,
    cause: unknown,
  ) {
    super(`expected all bars of session ${session}, was an export that broke off`, { cause });
  }
}

/** The server at the coordinator's address gave an answer that this version of the client does not understand. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
}

/** The client was closed before or during the call. */
export class ClientClosedError extends Error {
  override readonly name = 'ClientClosedError';
  constructor() {
    super('expected an open client, was closed');
  }
}

/** An argument or option of a call is wrong. Found before anything is sent. */
export class ArgumentError extends RangeError {
  override readonly name = 'ArgumentError';
  constructor(
    /** Name of the argument or option. */
    readonly argument: string,
    expected: string,
    /** The given value. */
    readonly given: unknown,
  ) {
    const was = typeof given === 'number' ? String(given) : shown(given); // JSON has no NaN
    super(`${argument}: expected ${expected}, was ${was}`);
  }
}

/** A session did not begin within the given time: it was not started, or no coordinator streams it. */
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

/** The session Redis did not answer within the retry time, or refuses this client; `cause` is the error of the last attempt. */
export class SessionRedisAwayError extends Error {
  override readonly name = 'SessionRedisAwayError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    cause: Error,
    redis: Redis,
    /** Why the connection could not be opened; undefined when that is unknown. */
    connectionError?: Error,
  ) {
    const { path, host, port } = redis.options; // `path` is that of a Unix socket
    const reason = connectionError && `: ${tlsProblem(connectionError) ?? errorText(connectionError)}`;
    const was = cause.name === 'MaxRetriesPerRequestError' ? `no connection${reason ?? ''}` : cause.message;
    super(`session ${sessionId}: expected the session Redis at ${path ?? `${host}:${port}`} to answer, was: ${was}`, {
      cause,
    });
  }
}
