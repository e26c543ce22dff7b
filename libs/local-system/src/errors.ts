/** Errors of starting Barkeep on this machine: one class per cause. */

/** The programs are not built. */
export class AppMissingError extends Error {
  override readonly name = 'AppMissingError';
  constructor(readonly entry: string) {
    super(`expected ${entry}, was missing: run "npm run build" first`);
  }
}

/** A coordinator or worker did not start; the message has the end of its log. */
export class AppStartError extends Error {
  override readonly name = 'AppStartError';
  constructor(
    readonly app: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${app} did not start: ${reason}`, options);
  }
}
