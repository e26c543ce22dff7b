/** Errors when servers or Barkeep start on this machine, one class per cause; and functions that read caught values. */

/**
 * The system's error code, such as `ENOENT`; `undefined` when there is none. Does not use `instanceof Error`, which fails
 * for errors of another realm, such as those in Jest.
 */
export function errorCode(caught: unknown): string | undefined {
  const hasCode = typeof caught === 'object' && caught !== null && 'code' in caught;
  return hasCode && typeof caught.code === 'string' ? caught.code : undefined;
}

/** The message of a caught value, its code when the message is empty. */
export function errorMessage(caught: unknown): string {
  const hasMessage = typeof caught === 'object' && caught !== null && 'message' in caught;
  return (hasMessage ? String(caught.message) : '') || errorCode(caught) || String(caught);
}

/** The program of an app is not built. */
export class AppMissingError extends Error {
  override readonly name = 'AppMissingError';
  constructor(entry: string) {
    super(`expected ${entry}, was missing: run "npm run build" first`);
  }
}

/** A coordinator or worker did not start; the message has the end of its log. */
export class AppStartError extends Error {
  override readonly name = 'AppStartError';
  constructor(app: string, reason: string, options?: ErrorOptions) {
    super(`${app} did not start: ${reason}`, options);
  }
}

/** The data folder is in use by a live owner. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  constructor(
    dataDir: string,
    /** Process that owns the running servers. */
    readonly pid: number,
  ) {
    super(`expected no servers running in ${dataDir}, was: running, owned by process ${pid}; stop it first`);
  }
}

/** Another program used the servers of a data folder for longer than this program waits. */
export class TurnError extends Error {
  override readonly name = 'TurnError';
}

/** No usable server program was found or fetched; `message` says what to do. */
export class ServerMissingError extends Error {
  override readonly name = 'ServerMissingError';
  constructor(server: 'Redis' | 'PostgreSQL', tried: readonly string[], remedy: string) {
    super(
      `expected a usable ${server} server, was: none found\n${tried.map((line) => `  - ${line}\n`).join('')}${remedy}`,
    );
  }
}

/** A server ended or did not answer in time during its start; `output` is the end of its log. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  constructor(
    server: string,
    was: string,
    private readonly output: string,
  ) {
    super(`expected ${server} to start, was: ${was}${output === '' ? '' : `\n${output}`}`);
  }

  /** True when the port was taken between choosing and binding it: worth another try. */
  get portTaken(): boolean {
    return /address already in use/i.test(this.output);
  }
}

/** The folder for the servers' data cannot be used. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}
