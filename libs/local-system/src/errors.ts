/** Errors when servers or Barkeep start on this machine, one class per cause. */

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

/** A server that the environment names accepts no connection. */
export class ServerUnreachableError extends Error {
  override readonly name = 'ServerUnreachableError';
  constructor(server: string, address: string, variable: string, problem: string) {
    super(`expected ${server} at ${address} (${variable}), was: ${problem}`);
  }
}

/** The folder for the servers' data cannot be used. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}
